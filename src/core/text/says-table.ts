import { said } from './tongues.js'
import { rule, words } from './words.js'

/** What a text can say beside trouble: sale, hearsay of a cause, news, jest, recovery, that it works, a question. One table a meaning. */

/** Somebody sells something. A VPN alone is none: people try one when a page does not load. */
export const SALE = rule(
  words(
    '(best|cheap|free|our|try|get|check out|use|fast) (\\w+ ){0,2}vpn',
    'vpn (for|deal|offer|discount)\\w*',
    '(free|cheap|buy|gain|get|more) (\\w+ )?followers',
    '\\d+ ?% (off|discount)',
    'giveaway',
    '(promo|discount|coupon) code',
    'airdrop',
    'onlyfans',
    'follow for follow',
    'gift ?cards?',
    'follow (me|us) (and|to|for)',
    '(win|get) a free',
    'earn (money )?(from home|online)',
    'work from home and earn',
    '(tired|sick) of .{0,40}(use|try|switch to|join) (our|my|us)',
    '(dm|message|contact|write|text|inbox) (me|@ ?\\w+|him|her|us) (on|for|now|and|at|to|via)',
    '(he|she|they|who) (recovered|restored|unlocked) (mine|my)',
    'link in (my |the )?bio',
  ),
  words(
    '(gana|ganar|gane|haz) (mucho )?dinero',
    '(enlace|link) en (la |mi )?bio',
    'sorteo',
    '(cuentas?|seguidores) (\\w+ ){0,3}(baratas?|baratos?)',
    '(manda|escr[ií]beme|mándame) (un )?(dm|md|al privado|privado)',
    'ganh(e|ar) dinheiro',
    'link na (minha )?bio',
    'sorteio',
    'seguidores (\\w+ ){0,3}baratos|contas? (\\w+ ){0,2}baratas?',
    'chama (no|na) (direct|dm|zap|inbox)',
  ),
  words(
    "gagne[rz] (de l['’])?argent",
    'lien en bio',
    'concours',
    '(abonnés|comptes) (\\w+ ){0,3}pas chers?',
    'écri(s|vez)-?moi en (mp|dm|privé)',
    'verdien(e|en|st) (\\w+ )?geld',
    'link in (der |meiner )?bio',
    'gewinnspiel',
    '(günstige|billige) (\\w+ )?(follower|accounts)',
    'schreib mir (per|eine) (pn|dm)',
    'cuan',
    'klik link|link di bio',
    '(jual|jasa) (\\w+ ){0,2}(followers|akun|joki)',
    'dm aja|minat dm',
  ),
  '在宅で.{0,12}(?:万円|稼)|DMください|フォロワー.{0,6}(?:格安|増や|販売)|(?:フォロー|リポスト|RT).{0,12}(?:プレゼント|当たる|抽選)|副業',
  '在家.{0,6}赚钱|轻松赚|加我(?:微信|qq)|低价|涨粉|粉丝.{0,4}(?:便宜|出售|卖)|抽奖|优惠码|代充',
  words('заработ(ок|ай|ать) (дома|в интернете)', 'розыгрыш', 'накрутк*'),
  ...said('sale'),
)

/** A cause that somebody names who cannot know: counted in none, and never repeated. */
export const HEARSAY = rule(
  words(
    'hack(ed|ers?|ing)?',
    'cyber ?-?attacks?',
    'ddos',
    'ransomware',
    'breach(ed|es)?',
    'attackers?',
    '(overloaded|caused|taken down) by',
    'because of (the )?(new|launch)',
    '(undersea|submarine|fib(re|er)|sea) cables?',
    'cables? (was |were |is |has been |got )?cut',
    'data ?-?cent(er|re)s? (\\w+ ){0,3}(burn\\w*|fire|flood\\w*|exploded)',
    '(fired|laid off|sacked) (\\w+ ){0,4}(team|engineers|staff|devs|people|everyone)',
    'sabotage',
    'solar (storm|flare)',
    '(an )?intern (\\w+ )?(deleted|pushed|broke|dropped|pulled|unplugged)',
    '(squirrels?|rats?|sharks?|diggers?|excavators?) .{0,30}(chew\\w*|bit|ate|cut|hit) .{0,20}(cables?|fib(re|er)|lines?)',
    '(becario|estagiário|stagiaire|praktikant|anak magang)\\w* .{0,40}(desench|desplug|débranch|gezogen|cabut|apag|borr|delet|supprim|gelösch)\\w*',
    '(invasão|intrusión|intrusion|sabotaje|sabotagem|sabotage)',
    '(kebakaran|kebanjiran)',
  ),
  words(
    'hacke(ad[oa]s?|aron|ó|aram|ou)',
    'ciberataques?',
    'ataques?( hacker)?',
    'pirat(age|é|ée|és|er)',
    'cyber ?-?(attaque|angriff|attacke)s?',
    '(hacker)?angriff(e|en)?',
    'gehackt|di-?(hack|retas|bobol)',
    'serangan (siber|hacker|ddos)',
    'взлом*',
    'хакер*',
    'кибератак*',
  ),
  words(
    'cables? (submarin\\w+)|cabos? submarin\\w+|câbles? sous-marins?|kabel bawah laut|(see|tiefsee)kabel',
    '(cortaron|cortaram|coupé|erwischt) (\\w+ ){0,3}(cable|cabo|câble|kabel)',
    'bagger .{0,40}kabel',
    '(centro de datos|data ?cent\\w+|centre de données|rechenzentrum|pusat data) .{0,20}(brûl\\w+|brennt|gebrannt|terbakar)',
    '(quemó|incendió|pegou fogo|a brûlé) .{0,30}(centro de datos|data ?cent\\w+|centre de données)',
    '(despidieron|echaron|demitiram|viré|licencié|gefeuert|dipecat) .{0,20}(equipo|equipe|équipe|team|tim)',
  ),
  '实习生.{0,6}(?:拔|删)|新人.{0,6}(?:抜|消)|黑客|被黑|ハッキング|サイバー攻撃|海底ケーブル|해킹|網路攻擊|网络攻击|海底光缆|光缆.{0,4}断|机房.{0,6}(?:着火|起火|断电)|データセンター.{0,6}火災|هجوم سيبراني|هجوم إلكتروني',
  ...said('hearsay'),
)

/** Whoever says "I" tells of themselves, and no news. */
export const FIRST_PERSON = rule(
  words(
    "i|i['’]?(m|ve|d|ll)|my|me|mine|myself|we|our",
    'mi|mis|yo|me|nos|conmigo',
    'eu|meu|minha|comigo|pra mim|consigo|tô|estou',
    "je|j['’]\\w+|moi|mon|ma|mes|nous",
    'ich|mir|mich|mein(e|en|em|er)?|wir|uns',
    'aku|gue|gw|gua|saya|kami',
    'я|мне|меня|мой|у нас',
  ),
  '私|俺|僕|自分|うちの|我|나는|내가|저는',
  ...said('first'),
)

/** News, and what a company says of itself. */
export const NEWS = rule(
  words(
    'breaking',
    'according to (\\w+ ?){1,3}',
    '[-–|] ?(reuters|bbc|cnn|ap|afp|bloomberg|the verge|techcrunch|the guardian|cnbc)',
    '(thousands|millions|hundreds|dozens) of (\\w+ )?(users|people|customers|accounts)',
    '(users|customers|people) (\\w+ )?(report|reports|reported|are reporting|complain\\w*)',
    '(suffers?|suffered|suffering|experiences|experienced|hit by|affected by|faces|facing) (an? |the |by )*(\\w+ ){0,3}(outages?|disruptions?)',
    "(yesterday|last (week|month|night|year)|this (week|month))['’]?s? (\\w+ ){0,2}(outages?|crash|disruption|downtime)",
    '(went|was|were) (\\w+ )?down (last|yesterday|on (mon|tues|wednes|thurs|fri|satur|sun)day|in (20|january|february|march|april|may|june|july|august|september|october|november|december))',
    '(outages?|downtime|disruption) .{0,30}(cost|costs|explained|timeline|post-?mortem|what we know|investigation|shows why|affected|analysis)',
    '(company|spokes(person|man|woman)|ceo|officials?) (says?|said|confirm\\w*|announc\\w*|told)',
    '(confirms?|announces?|acknowledges?) (\\w+ ){0,4}(outages?|disruptions?|issues?)',
    '(publish\\w*|releas\\w*|issu\\w*) (an? |the |its )?(\\w+ )?(report|statement|analysis|findings) (on|about|into|after)',
    "(mon|tues|wednes|thurs|fri|satur|sun)day['’]s (\\w+ ){0,2}(outages?|incident|disruption|downtime)",
    '(we|our team) (are|is|re) (aware|investigating)',
    '(our )?apologies|we apologi[sz]e',
    'post-?mortem',
    '(analysts?|experts?|shares?|stocks?|investors?) (\\w+ ){0,3}(say|says|fall|fell|drop\\w*|slump\\w*|after)',
  ),
  words(
    'según (\\w+ ?){1,3}',
    '(usuarios|clientes) (\\w+ )?(reportan|denuncian|informan|se quejan|afectados)',
    'última hora',
    '(confirma|informa|anuncia|reconoce)n? .{0,30}(caída|falla|fallo|interrupción|efe|problemas?)|informa efe',
    '(caída|fallo|apagón) .{0,40}(semana pasada|ayer|afectó)',
    '(miles|millones|cientos|decenas) de (\\w+ )?(usuarios|clientes|personas|internautas|abonados)|dej(ó|a) sin (\\w+ )?(servicio|internet|conexión) a',
    '(milhares|milhões|centenas|dezenas) de (\\w+ )?(usuários|clientes|pessoas|internautas)|deix(ou|a) (\\w+ )?(usuários|clientes) sem',
    '(sufre|registra|presenta)n? (una |un |fallas|problemas)',
    '(a nivel mundial|caída mundial|caída global)',
    '(segundo|conforme) (o|a) \\w+',
    '(usuários|clientes) (\\w+ )?(relatam|reclamam|reportam|enfrentam)|dizem usuários',
    '(confirma|anuncia|admite)m? .{0,20}(falha|queda|instabilidade|problema)',
    '(queda|falha|pane) .{0,30}(semana passada|ontem|afetou)',
    'apresentam? (instabilidade|falhas?|problemas?)',
    'urgente:?',
  ),
  words(
    'selon (\\w+ ?){1,3}',
    "milliers d['’](utilisateurs|abonnés|internautes)",
    'alerte info|flash info',
    "(confirme|annonce|reconnaît) .{0,20}(panne|incident|problème|afp)|annonce l['’]\\w+",
    "(retour sur|victime d['’]une|touché par une) (la )?panne",
    'panne .{0,30}(semaine dernière|hier|mondiale|géante)',
    '(annonce|communiqué|affirme|indique) (le|la|un|que)',
    'meldet (rückkehr|ausfall|störung|panne)\\w*|teilt(e)? mit|nach (it-)?panne',
    'umumkan|dikabarkan|melansir',
    '(diz|dizem|afirma|segundo) (o )?(jornal|empresa|especialistas)|clientes reclamam nas redes',
    'confirma \\w+$',
    '(tausende|millionen|zahlreiche|viele) (\\w+ )?(nutzer|kunden|menschen|user)\\w*',
    '(nutzer|kunden|user) (\\w+ )?(melden|berichten|klagen)',
    'eilmeldung',
    '(laut|meldet|berichtet) (\\w+störungen|dpa|afp|reuters|medien|downdetector|spiegel|heise)\\S*',
    '(bestätigt|räumt) .{0,20}(ausfall|störung)',
    '(ausfall|störung) .{0,20}(vergangene|letzte) (woche|nacht|monat)',
    'weltweite (störung|ausfall)\\w*',
  ),
  words(
    'ribuan (pengguna|orang|nasabah)',
    'pengguna (\\w+ )?(melapor|mengeluh|melaporkan)\\w*',
    'dilaporkan (down|gangguan|error|tumbang)',
    '(akui|konfirmasi|umumkan) .{0,20}(tumbang|gangguan|down)',
    'kronologi',
    '(gangguan|down) .{0,20}(pekan|minggu) lalu',
    'kata (kominfo|komdigi|juru bicara)|menurut downdetector',
    'пользователи (\\w+ )?(жалуются|сообщают)',
    'по данным',
    'сообщает',
  ),
  '速報|と発表|を発表|[数\\d][百千万]?[人名件]に影響|が発表|を認める|相次[ぐい]|によると|復旧したと|NHK|原因まとめ|先週の|報道|世界各地で',
  '据.{0,10}(?:报道|消息|统计)|快讯|突发】|[\\p{L}\\d]{2,10}称|官方(?:回应|称|公告|声明|通报|确认|承认)|网友(?:反映|称|报告)|上周|始末|承认|路透|(?:数|成)[千万百].{0,3}用户|全球.{0,4}大规模',
  '속보|에 따르면|이용자들이 호소',
  ...said('news'),
)

/** Jest: what people say they do while it is down. */
export const JEST = rule(
  words(
    'own brain',
    'think for myself',
    'staring at (a |the )?(wall|ceiling|each other)',
    'productivity',
    'touch(ing)? grass',
    'guess i (have|need|will|live|must)',
    'memes?',
    'my cardio',
    'rip my',
    'took the (day|afternoon|morning) off',
    'suddenly talks?',
    'go(ing)? outside',
    '(talk|talked|talking|speak|spoke|spoken|met|meet|meeting) (to |with )?(my |the |some |actual |real )*(family|husband|wife|parents|kids|neighbou?rs?|real people|humans?)',
    '(influencers?|photographers?|students?|devs?|developers) (are |have |had |will |now )*(forced|discover\\w*|have to|must|learn\\w*)',
    'read(ing)? a book',
  ),
  words(
    'usar (el|mi) cerebro|pensar por (mí|mi)',
    'influencers?',
    'blogueiras|selebgram',
    '(conversar|hablar|parlé?r?|reden|redete?|ngobrol) (com |con |à |mit |sama )?(mi |minha |meu |mon |ma |meiner? |gente |tetangga|familia|familie|mari|vizinhos|vecinos|keluarga)\\w*',
    'tenho vizinhos|mi mamá vino',
    'réfléchir',
    'selber denken|selbst denken',
    'productivit(é|y)|produtividade|productividad|produktivitas|produktivität|bruttosozialprodukt',
    'otak sendiri',
  ),
  '捗る|脳みそ|自分の頭で|自己的(?:脑子|大脑)|生产力|网红们',
  ...said('jest'),
)

/** Laughter alone: whoever laughs may still have the trouble. */
export const LAUGHTER = rule(
  words('lol|lmao|lmfao|rofl|haha\\w*|hehe\\w*'),
  words(
    'j[ae]?ja(ja)+j?a?|jaja|jsjs\\w*|xd+',
    'k{3,}|rs(rs)+|hu(eh?u)+e?',
    'mdr+|ptdr+|xptdr',
    '(wk){2,}w?k?|awok\\w*|ngakak',
  ),
  '😂|🤣|💀|笑(?:った|って|う|える|$)|[ぁ-んァ-ン一-龥][wｗ]+(?:$|[\\s。!！])|草(?:$|[\\s。!！])|大草原',
  '哈哈|hhh|笑死|2333|ㅋㅋ|ㅎㅎ|هههه|ахах|лол',
  ...said('laughter'),
)

/** Words of somebody who has it: where they stand, a laugh is a bitter one. */
export const OWN = rule(
  words(
    "again|can ?n?['’]?t|cannot|won['’]?t|any(one|body) else|just me|is it me|keeps?|wtf|pls|please|for me|fix|still|seriously|not again",
    "otra vez|de nuevo|no puedo|no me|alguien|sigue|de novo|não consigo|não (abre|carrega|entra)|alguém|comigo|encore|arrive pas|quelqu['’]un|marche pas|schon wieder|kann (ich )?nicht|komm nicht|jemand|geht nicht|lagi|ga(k)? ?bisa|terus|mulu|опять|не могу|yine|di nuovo|weer|znowu",
  ),
  'また|できない|できん|入れない|だけ|又|进不去|打不开|登不|또|안 ?돼|안 ?되|फिर|नहीं|ثاني|ما يفتح',
)

/** Past, imagined, a habit, or about writing of such things: not how it is now. */
export const ELSEWHEN = rule(
  ...said('elsewhen'),
  // A day that is over, where nothing says that it goes on; "since yesterday" does.
  words(
    '(?<!since |from |until )(yesterday|last night|the other day|on (mon|tues|wednes|thurs|fri|satur|sun)day)\\W+(\\w+ ){0,4}(was|were|went|had|crashed|failed|broke|dropped|got)(?!.{0,90}\\b(still|again|now|today|this morning|even now|ever since)\\b).*',
    '(was|were|went|had|crashed|failed|broke|dropped) (\\w+ ){0,5}(yesterday|last night|the other day|on (mon|tues|wednes|thurs|fri|satur|sun)day)(?!.{0,90}\\b(still|again|now|today|this morning|ever since|and)\\b)',
  ),
  words(
    '(?<!desde |de )(ayer|anoche|la semana pasada)(?!.{0,90}\\b(sigue|siguen|otra vez|todavía|aún|ahora|hoy|de nuevo)\\b) .{0,30}(cay|falló|fallaba|estuvo|estaba|se fue|caíd).*|(se cayó|falló|estuvo ca[ií]d[oa]) .{0,20}(ayer|anoche|la semana pasada)(?!.{0,60}\\b(y|sigue|hoy|ahora)\\b)',
    '(?<!desde |de )(ontem|anteontem|(na |n?a )?semana passada)(?!.{0,90}\\b(continua|de novo|ainda|agora|hoje|outra vez)\\b) .{0,30}(caiu|ficou|falhou|estava|esteve|parou|fora do ar).*|(caiu|ficou fora|parou) .{0,20}(ontem|semana passada)(?!.{0,60}\\b(e|continua|hoje|agora)\\b)',
    "(?<!depuis |qu['’])(hier|avant-hier)(?!.{0,90}\\b(encore|toujours|maintenant|aujourd['’]hui|ce matin|rebelote|et)\\b) .{0,30}(était|a planté|est tombé|en panne|en rade).*|(était|étaient) (en panne|en rade|hors ligne) .{0,20}hier(?!.{0,60}\\b(et|encore|toujours)\\b)",
    '(?<!seit |von )(gestern|vorgestern|(letzte|vorige|vergangene) woche)(?!.{0,90}\\b(immer noch|noch immer|schon wieder|wieder|jetzt|heute|und)\\b) .{0,30}(war|hatte|ging|fiel|waren|lag).*|war(en)? .{0,20}(gestern|(letzte|vorige) woche)(?!.{0,60}\\b(und|immer noch|wieder|heute|jetzt)\\b)',
    '(?<!dari |sejak )(kemarin|semalam|minggu (lalu|kemarin))(?!.{0,90}\\b(masih|lagi|sekarang masih|sampe sekarang|hari ini)\\b) .{0,20}(sempat|sempet|down|error|tumbang|mati).*',
    "(?<!da )(ieri|l['’]altro ieri|la settimana scorsa)(?!.{0,90}\\b(ancora|oggi|adesso|di nuovo|e)\\b) .{0,30}(era|è stato|andava|giù|bloccat).*",
    '(?<!sinds |van )(gisteren|eergisteren|vorige week)(?!.{0,90}\\b(nog steeds|weer|nu|vandaag|en)\\b) .{0,30}(was|waren|lag|had).*',
    '(?<!od )(wczoraj|przedwczoraj)(?!.{0,90}\\b(nadal|dalej|znowu|znów|dzisiaj|dziś|teraz|i)\\b) .{0,30}(nie działał|padł|była awaria|był|leżał).*',
    '(?<!dünden )(dün|geçen hafta)(?!.{0,90}\\b(hâlâ|hala|yine|bugün|şimdi|tekrar|beri)\\b) .{0,30}(çök|git|kesil|bozul|yok)\\w*(tü|ti|di|dı|muştu|tı).*',
    '(?<!со |с )(вчера|позавчера)(?!.{0,90}(до сих пор|опять|снова|сегодня|сейчас|всё ещё|и ) ?) .{0,30}(упал|лежал|не работал|был|сбо).*',
    '(?<!từ )(hôm qua|tuần trước)(?!.{0,90}(vẫn|lại|hôm nay|giờ|nay)).{0,30}(sập|lỗi|bị).*',
    '(?<!se )(kal|parso|pichh?le hafte)(?!.{0,90}\\b(abhi|ab bhi|aaj|phir|phirse)\\b) .{0,30}(band|down|nahi) (\\w+ ){0,2}(tha|thi|the|hua).*',
  ),
  '(?:昨日|おととい|先週|昨夜)(?!から|より)(?!.{0,60}(?:今日も|また|まだ|今も|今日は).{0,12}(?:落|だめ|ダメ|無理|でき|入れ|繋|つな|重)).{0,12}(?:落ちて|障害|大変|止まって|不具合|死んで)(?:た|い|だ|ま|で)',
  '(?:昨天|昨晚|前天|上周|上星期|上个?星期)(?!.{0,60}(?:今天(?:又|还|也|继续|还是)|到现在|现在(?:还|也|又)|还没|又)).{0,8}(?:崩|挂|宕|断|故障|炸|瘫)',
  '(?:어제|그저께|지난주)(?!부터)(?!.{0,60}(?:오늘도|아직|또|지금도|여전히)).{0,12}(?:터졌|다운|먹통|장애|안 ?됐)',
  '(?:เมื่อวาน|อาทิตย์ที่แล้ว|สัปดาห์ที่แล้ว)(?!.{0,60}(?:ยัง|อีก|วันนี้|ตอนนี้)).{0,20}(?:ล่ม|พัง|เข้าไม่ได้)',
  '(?<!من )(?:أمس|امس|البارح|الأسبوع الماضي|مبارح)(?!.{0,60}(?:لسه|لسا|الحين|اليوم|إلى الآن|لحد الآن|مرة ثانية|رجع)).{0,20}(?:طاح|تعطل|وقف|انقطع|كان)',
  '(?:कल|परसों)(?! से).{0,20}(?:बंद|डाउन|नहीं).{0,8}(?:था|थी|थे|हुआ)(?!.{0,60}(?:अभी|आज|फिर))',
)

/** It had failed, and is over. */
export const RECOVERY = rule(
  words(
    "(is|are|it['’]?s|we['’]re|and|now|came|coming|come|finally|just) back( up| online| to normal| now| in business)?(?! (in|to (back|school|work)|at|then|and forth))",
    'back (up|online)( again)?',
    '(has|have) been (fixed|resolved|restored)',
    '(is|are|was|got|it|they|issue|now|all|looks?|seems?|problem) (now )?(fixed|resolved|restored|sorted)( now| for me)?',
    '(fixed|resolved) (now|for me)',
    '(works?|working|loads?|loading|coming|going|goes?|in|through|running|connected|responding) again',
    'went away',
    'all good (again|now)',
    'restored',
  ),
  words(
    'por fin (\\w+ )?(de nuevo|otra vez|funciona)|(ya )?(volvió|volvieron|regresó|ha vuelto)(?! a (caer|fallar))',
    '(ya )?(funciona|anda|carga|va|entra|abre|sirve) (bien )?(otra vez|de nuevo|nuevamente|ya)',
    'ya (funciona|anda|carga|se arregló|quedó|me deja|pude)',
    '(se )?(arregló|solucionó|restableció|restablecido|solucionado)',
    'voltou|voltaram|normalizou|já (tá|está) (funcionando|normal|pegando)|funcionando de novo|resolvido|restabelecido',
    "(est|sont|c['’]est) (enfin )?(revenu|rétabli|réparé|réglé|résolu)e?s?|remarche(nt)?|refonctionne(nt)?|(appli|site|service) (est )?de retour|(marche|fonctionne) (de nouveau|à nouveau)|c['’]est (bon|reparti)",
    'wieder (da|online|erreichbar|verfügbar|zurück)|(geht|läuft|funktioniert|klappt|gehen|laufen|tut|tun|lädt) (\\w+ ){0,2}wieder(?! (nicht|mal nicht|nix))|(ist|scheint|wurde|sind) (\\w+ )?behoben|behoben',
    '(udah|sudah|udh|dah) (bisa( dibuka| login| masuk| dipakai)?|bener|normal|pulih|lancar|balik|jalan|nyala)( lagi| kembali)?|(normal|pulih) (lagi|kembali)|kembali normal',
    '(снова|опять|уже) (работает|заработал\\w*)|заработал\\w*|восстановлен\\w*|починили',
    'funziona di nuovo|è tornato|werkt weer|doet het weer|düzeldi|tekrar çalışıyor',
  ),
  '復旧|(?:でき|使え|見れ|入れ|動く|繋がる|つながる)(?:る)?ように(?:なっ|な)|直った|直って(?:る|い)|復旧|復活|(?:使え|繋が|つなが|見れ|ログインでき|入れ)る?ように(?:なっ|な)|戻った|治った',
  '恢复|又(?:能|可以|好)(?:用|了|登)|(?:已经?|终于|刚刚)?(?:修好|好了)|(?:可以|能)(?:正常)?(?:用|登录|登|打开|看|发|访问|使用)了',
  '복구|다시 (?:돼|되|작동|됩)|رجع|عاد للعمل|ठीक हो गया|वापस आ गया',
  ...said('recovery'),
)

/** Not yet, or again; or asked. What follows a "but" counts for more than what stands before it. */
export const NOT_YET = rule(
  words(
    "(not|never|isn['’]?t|aren['’]?t|still|when|until|hasn['’]?t|haven['’]?t|won['’]?t|hope|wish|pls|please|please fix)",
    '(errors?|problems?|issues?|bugs?|outages?|lag|glitch\\w*) (is|are|came|come) back',
    '(todavía|aún|sigue|cuándo|cuando|ojalá|ainda|quando|continua|encore|toujours|quand|noch|immer noch|wann|belum|kapan|masih|когда|ещё)',
    '(no|não|nicht|pas|n[eo]|не) (\\w+ )?(volvió|vuelve|voltou|volta|wieder|revenu|remarche|работает)',
  ),
  'まだ|いつ|还没|還沒|什么时候|何时|아직|언제',
  '\\b(but|pero|mas|mais|aber|tapi|nur)\\b|でも|けど|但|可是',
  ...said('notYet'),
)

/** It works, for whoever writes. */
export const FINE = rule(
  words(
    '(works?|loads?|runs?|sends?|sending|loading|running) (\\w+ )?(fine|ok|okay|for me|here|perfectly|instantly|normally|great|smoothly)',
    'working (fine|ok|okay|for me|now|perfectly|normally)',
    '(is|are) fine',
    'no (problems?|issues?) (here|for me|with|on my|at all|whatsoever)',
    'all good here|all (fine|normal) here',
  ),
  words(
    '(me )?funciona (bien|perfecto|normal|de boa|normalmente)|(a mí|por aquí|acá|aquí|yo) (\\w+ ){0,3}(funciona|va (perfecto|bien)|todo (normal|bien)|entro sin)',
    'me funciona|todo (normal|bien|perfecto)|sin (ningún )?problemas?',
    '(tá|está|tudo) (tudo )?(normal|pegando|certinho|de boa|funcionando)|sem problemas?|funciona (de boa|bem|normal)',
    '(fonctionne|marche) (très |parfaitement |super )?(bien|normalement|parfaitement|nickel)|(marche|fonctionne) chez moi|nickel|aucun (souci|problème)|rien à signaler',
    '(geht|läuft|funktioniert|klappt) (\\w+ ){0,3}(einwandfrei|normal|gut|problemlos|super|bestens|bei mir)|läuft bei mir|alles (normal|gut|bestens)|keine probleme',
    'lancar( aja| jaya)?|normal (kok|aja|saja)|aman( aja|-aman| kok)?|gak ada masalah',
    'funziona bene|werkt bij mij|работает нормально|всё работает|все работает',
  ),
  '普通に(?:使え|見れ|動|繋が)|問題な[くし]|正常|異常なし|没问题|好好的|流畅|我(?:这|這)(?:里|边|裡)?(?:正常|没事|能用)|잘 ?돼|잘 ?되|शिकायत नहीं|يعمل عندي',
  ...said('fine'),
)

/** How somebody could find out: no word on how it is. */
export const ASKS_HOW = rule(
  words(
    'how (do|can|could|would|to) (\\w+ ){0,2}(know|tell|check|see|find out) (if|whether|when|that)',
    'where (do|can) (\\w+ ){0,2}(see|check|find) (\\w+ ){0,3}(status|if|whether)',
    'cómo (puedo )?(saber|ver) si|como (posso )?(saber|ver) se|comment (savoir|vérifier) si|wie (kann|sehe|erfahre) (ich|man) (\\w+ ){0,2}ob|gimana (cara )?(cek|tau|tahu)',
  ),
  '有没有.{0,8}(?:方法|办法)|怎么(?:查|看出|知道|判断)|どうやって(?:確認|調べ)|確認方法',
)

/** Anything that is asked. */
export const ASKED = rule(
  '[?？¿]',
  '^\\W*(?:how|what|which|when|where|why|who|does|do|is|are|can|should|cómo|qué|cuál|cuándo|como|qual|quando|comment|quel(?:le)?|quand|wie|was|wann|welche[rsn]?|warum|gimana|apa|kapan|berapa|как|когда)\\s',
  'ですか|ますか|かな$|吗|呢$|怎么|多少|几点|까요|나요',
)

/** Answers have become worse: of services that write. */
export const QUALITY = rule(
  words(
    'worse (answers?|than|since)',
    '(much|far|noticeably|way) worse',
    'quality (has )?(dropped|went|is (bad|terrible|awful))',
    '(poor|bad|low|terrible) quality',
    'nonsense',
    'gibberish',
    '(garbage|wrong|useless|stupid) (answers?|repl(y|ies)|output)',
    'hallucinat*',
    'ignores? (half|my|the)',
    '(random|odd) .{0,20}characters',
    'lazy',
    'dumb(er)?',
    'forgets? what i',
    'peor(es)?|schlechter|pires?|pior(es)?|peggio|slechter|хуже',
  ),
  '变笨|质量|バカに',
)
