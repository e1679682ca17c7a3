import { rule, words } from './words.js'

/**
 * Kinds of trouble that need none of the usual words (trouble-table.ts), kind by kind, each in all languages: how something that does not
 * work shows to whoever uses it. A kind that one language can say is looked for in the others as well.
 */

/** It moves, in jerks, or as slowly as nobody can use it. */
const JERKY = rule(
  words(
    'chopp(y|ier)|jerk(y|ily|ing)|stutter(s|ing|ed|y)?|janky',
    '(crawling|crawls|slowed to a crawl|at a snail.?s pace|slow as (hell|molasses|a snail|fuck|shit)|unbearably slow|so laggy|lagging)',
    '(takes?|taking|took) (ages|forever|an eternity|\\d+ (minutes|mins|seconds))',
  ),
  words(
    '(va|ir|anda|funciona) (\\w+ )?(a tirones|a los saltos|a pedales|a paso de tortuga)|se entrecorta|a tirones|(tarda|demora) (una vida|siglos|una eternidad|horas|muchísimo)|lagead\\w+|lagueand\\w+',
  ),
  words(
    'engasg\\w+|aos (trancos|solavancos)|picotando|(uma|na velocidade de) tartaruga|(demora|demorando|leva) (\\w+ )?(horas|séculos|uma vida|uma eternidade|demais)|lagando|lagad\\w',
  ),
  words(
    "saccad\\w+|par à-?coups|(deux|2) à l['’]heure|(met|mettent|prend) (\\w+ )?(trois|3|des|dix) (plombes|heures|siècles|ans) (à|pour)|rament",
  ),
  words(
    'ruckel\\w*|stock(t|en)|schneckentempo|zäh wie \\w+|(dauert|braucht) (\\w+ ){0,3}(ewig\\w*|eine ewigkeit|stunden)|kriecht',
  ),
  words(
    'patah-?patah|tersendat\\w*|putus-?putus|(kayak|seperti|macam) siput|lama (banget|bgt|bener|sekali) (\\w+ )?(load\\w*|buka\\w*|masuk\\w*|kirim\\w*)?|lambat (banget|sekali|bgt|parah)|lelet',
  ),
  'カクカク|カクつ|もっさり|途切れ途切れ|(?:遅|おそ)すぎ|激遅|(?:読み込み|表示|反応|ロード|通信)が?(?:めちゃ|すごく|異常に)?(?:遅い|遅く)',
  '一卡一卡|一顿一顿|断断续续|龟速|慢(?:死|得要死|成狗|到爆|得离谱)|(?:特别|超级|巨|奇)慢',
)

/** It stands still in the middle of what somebody does. */
const FROZEN = rule(
  words('(froze|freezes|freezing|frozen|hung|hangs|locked) ?(up|on me|at|in|mid|while|when|halfway|again|every)?'),
  words(
    '(se|me) (\\w+ )?(congel|cuelg|colg|trab|tild|pasm)(a|ó|ado|an|aron|ada)|congelad\\w+|(a|en) (mitad|medio|plen\\w) de(l)? (\\w+ )?(pago|transferencia|partida|compra|llamada)',
  ),
  words(
    'congel(ou|a|ando|ado|ada)|(no meio d[aoe]) (\\w+ )?(transferência|pagamento|compra|partida|ligação|reunião|pix)',
  ),
  words(
    '(a|est|reste|s.est|c.est) (gelée?|figée?|bloquée?|freezée?)|(en plein(e)?) (\\w+ )?(virement|paiement|partie|appel|achat|réunion)',
  ),
  words(
    '(ein)?gefroren|friert (\\w+ )?ein|(mitten (in|im|beim|bei)) (\\w+ )?(überweisung|zahlung|spiel|anruf|bestellung|bezahlen|meeting)',
  ),
  words('(nge-?)?(freeze|hang|stuck)|membeku|(pas|lagi|tengah) (lagi )?(transfer|bayar|meeting|checkout)'),
  '(?:途中|最中)で(?:止ま|固ま|切れ|落ち)|動かなくな|反応しなくな|操作不能',
  '(?:到一半|一半就|正.{1,6}的时候).{0,8}(?:卡|断|停|没|退|崩)|不动了|定住|冻住',
)

/** What should be there is not: a balance of zero, an empty history, a thing that is gone. */
const THING_EN =
  '(balance|account|history|messages?|chats?|photos?|files?|playlists?|orders?|data|notes?|tabs?|projects?|docs?|subscription|saves?|progress|contacts|followers|inbox|tickets?|bookings?|library)'
const GONE = rule(
  words(
    `(my|our|all|all my|the|every) (\\w+ )?${THING_EN} (\\w+ )?(is|are|was|were|has|have|reads?|shows?|says?|went|got|just)? ?(\\w+ )?(gone|missing|empty|zero|wiped|blank|lost|vanished|deleted|disappeared|nowhere)`,
    `(lost|wiped|deleted|ate) (all )?(my|our) (\\w+ )?${THING_EN}`,
    '(where (did|is|are|has)|what happened to) (all )?(my|our) \\w+( go)?',
  ),
  words(
    '(mi|mis|todo|todos|el|los) (\\w+ )?(saldo|cuenta|historial|mensajes?|chats?|fotos?|archivos?|datos|pedidos?|contactos) (\\w+ ){0,2}(en cero|en ceros|cero|a cero|vací\\w+|desaparec\\w+|borrad\\w+|perdid\\w+)|(me )?(desapareci\\w+|se (me )?(borr|perdi)\\w+) (\\w+ )?(mi|mis|todo|el|la|los|las)',
  ),
  words(
    '(meu|minha|meus|minhas|o|os) (\\w+ )?(saldo|conta|histórico|mensage\\w+|conversas?|fotos?|arquivos?|dados|pedidos?|contatos) (\\w+ ){0,2}(zerad\\w|zerou|sumi\\w+|desaparec\\w+|vazi\\w|apagad\\w+)|zerad[oa]s?|zerou',
  ),
  words(
    '(mon|mes|tout|tous|toutes) (\\w+ )?(solde|compte|historique|messages?|photos?|fichiers?|données|commandes?|contacts|conversations?) (\\w+ ){0,3}(zéro|vides?|disparus?|effacée?s?|perdue?s?)|(à|affiche) zéro',
  ),
  words(
    '(mein|meine|alle|alles|das|die) (\\w+ )?(kontostand|konto|guthaben|verlauf|nachrichten|chats?|fotos|dateien|daten|bestellungen|kontakte) (\\w+ ){0,5}(auf null|null|leer|weg|gelöscht|verschwunden)',
  ),
  words(
    '(saldo|riwayat|pesan|chat|foto|file|data|pesanan|kontak)(nya|ku)? (\\w+ ){0,3}(nol|kosong|hilang|ilang|raib|kehapus|lenyap)|(jadi|tiba-?tiba) (nol|0)',
  ),
  '(?:残高|履歴|データ|写真|メッセージ|トーク|会話|ファイル|予約|プレイリスト).{0,10}(?:ゼロ|0円|空|消え|なくなっ|無くなっ|見当たら)',
  '(?:余额|记录|数据|照片|消息|聊天|文件|订单|收藏|歌单|存档).{0,8}(?:变成?(?:零|0)|清零|归零|没了|不见|消失|空了|丢了)',
)

/** It was tried again and again. */
const AGAIN = rule(
  words(
    '(second|third|fourth|fifth|sixth|tenth|2nd|3rd|\\d+th|nth|umpteenth|millionth) (try|time|attempt|restart|reinstall|reboot)( now| today| and| in a row| this)?',
    '(tried|trying|retried|restarted|reinstalled|rebooted|refreshed|resent|logged in) (\\w+ )?(\\w+ )?(\\d+|two|three|four|five|six|ten|a dozen|several|countless|multiple|like) times',
    '(\\d+|three|four|five|six|ten|several) (times|tries|attempts) (and|but|already|now|still|in a row|later)',
    '(over and over|again and again|keep (trying|retrying|having to)|no matter (what|how))',
    '(still (nothing|no luck|no dice|no joy|nada|zilch))|and (still )?nothing\\W*$|to no avail|no luck',
  ),
  words(
    '((segund|tercer|cuart|quint|sext)\\w*|en[eé]sim\\w) (intento|vez)|(dos|tres|cuatro|cinco|seis|diez|\\d+|varias|mil) (veces|intentos) (\\w+ ){0,3}(nada|no|igual|y|sin)|una y otra vez|y nada|no hay caso|ni modo',
  ),
  words(
    '((segund|terceir|quart|quint|sext)\\w*|enésima) (tentativa|vez)|(tent\\w+|reinici\\w+) (\\w+ )?(duas|três|quatro|cinco|seis|dez|\\d+|várias|mil) vezes|(duas|três|quatro|cinco|\\d+) vezes e (nada|não)|e nada|de jeito nenhum|nem a pau',
  ),
  words(
    '(deuxième|troisième|quatrième|cinquième|sixième|dixième|\\d+e|[eé]ni[eè]me|\\d+ème) (essai|fois|tentative)|(deux|trois|quatre|cinq|six|dix|\\d+|plusieurs) (fois|essais|tentatives) (et|sans|que|déjà)|rien à faire|toujours rien|en vain',
  ),
  words(
    '((zum|der|beim|das|schon|im) )?((zweit|dritt|viert|fünft|sechst|zehnt|x-t|xt)\\w+|\\d+\\.) (mal|versuch|anlauf)|(zwei|drei|vier|fünf|sechs|zehn|mehr|x)-?(mal|fach) (\\w+ ){0,3}(und|ohne|nichts|versucht|probiert|neu)|keine chance|vergeblich|(immer )?noch nichts',
  ),
  words(
    '(per)?coba\\w* (yang )?(ke-?\\w+|kedua|ketiga|keempat|kelima)|(udah|sudah|uda|sampe|sampai) (\\w+ )?(dua|tiga|empat|lima|sepuluh|berkali|\\d+)(-?kali)?( kali| x)?|(dua|tiga|empat|lima|\\d+) ?(kali|x) (\\w+ ){0,2}(gagal|tetap|tetep|masih|ga|gak|nihil)|tetap (aja )?(gak|ga|sama|gagal)|bolak-?balik|berulang',
  ),
  '(?:何|[二三四五六七八九十]|\\d+)(?:回|度)(?:も|目)?.{0,6}(?:失敗|だめ|ダメ|駄目|試|やって|やり直|同じ|エラー)|何度も(?:試|やり|ログイン|再)|再起動しても|入れ直しても|相変わらず',
  '(?:[二两三四五六七八九十几好多]|\\d+)(?:次|遍|回)(?:了)?(?:都|还是|也|全|又|没|不)|反复|怎么(?:试|弄|点|按|登|刷)都|还是(?:不行|没用|一样)|重启(?:了)?(?:也|都|还)',
)

/** It will not, as if it had a will. */
const WILL_NOT = rule(
  words(
    "(refus(es|ing|ed)|declin(es|ing)|doesn['’]?t (want|feel like)|(won['’]?t|will not|would ?n['’]?t) (\\w+ )?(\\w+ )?(budge|cooperate|go|take|accept|recogni[sz]e|finish|start|turn|switch|stay|update|save|show|play|print|sync|verify|come|get past))",
  ),
  words(
    'no (quiere|quieren|me quiere|hay forma|hay manera) (\\w+ )?|se (niega|niegan|resiste|rehúsa) a|no (pasa|pasan|avanza|avanzan|reacciona|reaccionan|termina|terminan) (de|del|nada|nunca|ni)?',
  ),
  words(
    'não (quer|querem|vai|passa|avança|sai|termina|reage)( \\w+)? (de jeito|nem|da tela|do lugar|funcionar|abrir|carregar|enviar|mandar|entrar|logar|conectar|pagar)|se (recusa|nega) a|não sai d[aeo]',
  ),
  words(
    "(ne |n['’])?(veut|veulent|veux) (plus|pas|rien)( \\w+)?|refuse(nt)? (de|d['’]|mon|ma|mes|tout)|ne (passe|avance|réagit|bouge|termine)\\w* (pas|plus)",
  ),
  words(
    '(will|wollen) (\\w+ ){0,4}(nicht|nix|nichts)|(weigert|weigern) sich|tut sich nichts|rührt sich nicht|kommt nicht (\\w+ )?(weiter|hinaus|vom fleck)',
  ),
  words(
    '(gak|ga|nggak|ogah|tidak|enggak) mau( \\w+)?|(gak|ga|nggak|tidak) (gerak|jalan|maju|selesai|kelar|respon|merespon|nyaut)',
  ),
  '(?:し|せ|って|いて|けて|んで)くれない|てくれません|びくとも|うんともすんとも|進まない|進みません|終わらない',
  '死活(?:不|打|登|连|进|发)|就是不|怎么都不|不肯|不让(?:我)?(?:登|进|用|发|付)|没动静|(?:一直)?不动弹',
)

/** What was waited for has not come, or came much too late. */
const LATE = rule(
  words(
    '(still )?waiting (\\w+ ){0,3}(on|for) (\\w+ ){0,4}(since|for|to (load|arrive|send|come)|code|otp|email|sms|reply|response|refund|confirmation|\\d+)',
    '(arriv\\w*|com(es?|ing)|deliver\\w*|show\\w* up|sent|receiv\\w*) (\\w+ )?(\\d+|an?|two|three|several|many|half an) (hours?|minutes?|mins|days?) (late|later|after)|hours late|(never|not|hasn.?t|haven.?t) (\\w+ )?(arriv\\w*|c[ao]me)|delayed by',
    '(code|otp|email|sms|text|confirmation|notification|message)s? (\\w+ )?(is ?n.?t|are ?n.?t|not|never|did ?n.?t|does ?n.?t|won.?t|has ?n.?t|have ?n.?t) (\\w+ )?\\w+',
  ),
  words(
    '(sigo|estoy|llevo|todavía|aún) (\\w+ ){0,3}esperando|(esperando|espero) (\\w+ ){0,4}(desde|hace|código|correo|respuesta|sms)|(llegan?|llegó|llegaron) (\\w+ ){0,3}(horas|minutos|tarde|retraso|después)|(horas|minutos) de (retraso|demora)',
  ),
  words(
    '(esperando|espero|aguardando|aguardo) (\\w+ ){0,4}(há|desde|código|email|e-mail|resposta|sms)|(chegam?|chegou|chegando) (\\w+ ){0,3}(horas|minutos|atrasad\\w+|atraso|depois)|(horas|minutos) de atraso|até agora (nada|não)',
  ),
  words(
    "(j['’])?(attends?|attend) (\\w+ ){0,5}(depuis|code|mail|réponse|sms)|(arrivent?|arrivé\\w*) (\\w+ ){0,3}(heures?|minutes?|retard|après)|(heures?|minutes?) de retard|avec du retard",
  ),
  words(
    '(warte|warten|wartet) (\\w+ ){0,6}(seit|auf|code|mail|antwort|sms)|(kommt|kommen|kam|kamen) (\\w+ ){0,4}(stunden|minuten|verspätet|zu spät|später)|(stunden|minuten)(lang)? (verspätung|verzögerung|später)|verzögert',
  ),
  words(
    '(nunggu\\w*|menunggu|nungguin|tunggu) (\\w+ ){0,4}(dari|sejak|berjam\\w*|jam|menit|otp|kode|belum|gak|ga|ngga)|(telat|delay|molor) (\\w+ ){0,2}(jam|menit|banget|terus|parah|berjam\\w*)|(otp|kode|sms|email|notif\\w*)(nya)? (\\w+ )?(belum|gak|ga|ngga|tidak|telat)',
  ),
  '(?:時間|分|半日)(?:以上)?(?:も)?(?:待|遅れ)|待(?:って|て)(?:も|いるのに|るのに)|遅れて(?:届|来|表示)|まだ(?:来|届|返って)(?:ない|ません|こない)|(?:コード|メール|通知|SMS)が(?:来|届)',
  '等了.{0,8}(?:还|都|没|也)|(?:迟迟|半天|一直|到现在)(?:还)?(?:没|不|收不)|(?:晚|延迟|迟)(?:了)?.{0,4}(?:小时|分钟|半天)|(?:验证码|邮件|短信|通知|消息)(?:.{0,4})(?:没来|没到|收不到|不来|没收到)',
)

/** It took twice, or took and gave nothing. */
const MONEY = rule(
  words(
    '(charged|billed|debited|took|paid|deducted|withdrawn) (\\w+ ){0,3}(twice|two times|double|three times|again|but)|double[- ](charged?|billed|booked|payment)|money (\\w+ )?(gone|left|taken|deducted|debited|disappeared)|(no|never got (the|my)) (refund|receipt|confirmation)',
  ),
  words(
    '(cobr|descont|debit)\\w+ (\\w+ ){0,2}(dos veces|doble|dos|tres veces|de más)|doble (cobro|cargo)|(cobró|descontó|debitó|cobraron|descontaron) (\\w+ ){0,3}(y|pero|sin)',
  ),
  words(
    '(cobr|descont|debit)\\w+ (\\w+ ){0,2}(duas vezes|em dobro|dobrado|a mais)|cobrança (dupla|duplicada|em dobro)|(dinheiro|valor|pix) (saiu|sumiu|debitado) (\\w+ ){0,3}(e|mas)',
  ),
  words('(débit|factur|prélev)\\w+ (\\w+ ){0,2}(deux fois|en double|double)|double (prélèvement|débit|facturation)'),
  words(
    '(doppelt|zweimal|zwei mal) (\\w+ )?(abgebucht|belastet|berechnet|bezahlt)|abgebucht (\\w+ )?(aber|und|obwohl)',
  ),
  words(
    '(ke-?potong|terpotong|dipotong|ke-?debet|ke-?tagih|ditagih) (\\w+ )?(dua kali|dobel|double|2x|tapi|padahal|doang)|(saldo|uang|duit) (\\w+ )?(ke-?potong|terpotong|kesedot)',
  ),
  '二重(?:請求|決済|引き落とし|課金)|二回(?:引き落と|請求|決済)|引き落とされたのに|お金だけ',
  '(?:扣|收|付)了(?:我)?(?:两次|双倍|双份|两遍|好几次)|重复(?:扣款|收费|扣费)|钱(?:被)?扣了|扣了钱',
)

/** It asks again for what was given, or lets somebody out. */
const ASKS_AGAIN = rule(
  words(
    '(asks?|asking|prompts?|prompting|wants?|makes|making) (me |us |for )(\\w+ ){0,5}(again|every (time|\\d+|few)|over and over|constantly|in a loop|repeatedly|each time)|log(in|ged|ging)? (\\w+ )?loop|captcha (\\w+ )?(loop|after captcha|again)|logged (me )?out (\\w+ )?(again|everywhere|of everything|every|randomly|for no)|(locked|shut) (me |us )?out( of)?',
  ),
  words(
    '(me )?(pide|piden|vuelve a pedir|obliga a) (\\w+ ){0,4}(otra vez|a cada rato|todo el (rato|tiempo)|cada vez|una y otra|de nuevo|siempre)|(cierra|cierran|cerró) (mi |la )?sesión',
  ),
  words(
    '(me )?(pede|pedindo|manda|fica pedindo) (\\w+ ){0,4}(de novo|toda hora|toda vez|sempre|o tempo todo|sem parar)|(me )?desloga(ndo|do|u)?',
  ),
  words(
    '(me )?(redemande|demande) (\\w+ ){0,5}(sans arrêt|sans cesse|à chaque fois|encore|en boucle|toutes les)|redemande',
  ),
  words(
    '(fragt|verlangt|fordert|will) (\\w+ ){0,4}(ständig|dauernd|immer wieder|jedes mal|andauernd|erneut|schon wieder)|(ständig|dauernd|immer wieder|andauernd) (\\w+ ){0,4}(abgemeldet|ausgeloggt|anmelden|einloggen|passwort)|(endlos)?schleife',
  ),
  words(
    '(minta|disuruh|suruh|harus) (\\w+ ){0,4}(terus|mulu|lagi|melulu|berulang|tiap)( \\w+)?|(ke-?logout|log ?out|keluar) (sendiri|mulu|terus)',
  ),
  '(?:何度も|毎回|ずっと|また).{0,10}(?:ログイン|パスワード|認証|コード|求め|聞かれ)|ログアウトされ|無限ループ|ループして',
  '(?:一直|老是|总|反复|每次|又|不停)(?:地)?(?:让|要|叫|提示|弹)(?:我)?.{0,6}(?:登录|登陆|验证|密码|验证码)|(?:被)?(?:强制)?(?:登出|下线)|死循环|循环验证',
)

/** What is heard and seen is broken. */
const SENSES = rule(
  words(
    '(robot(ic)? voices?|pixel(ated|s|ating)|out of sync|crackl\\w+|static|garbled|(audio|sound|voice|video|picture|image|call|stream)s? (\\w+ )?(cut(s|ting)? out|drops?|dropping|lags?|skips?|breaks? up|breaking up|is (gone|off|terrible|awful|bad)|keeps?))',
  ),
  words(
    'pixelad\\w+|(el )?(audio|sonido|voz|vídeo|video|imagen|llamada) (\\w+ )?(se )?(corta|cort\\w+|entrecort\\w+|va mal|desfasad\\w+|pierde|pierd\\w+)|voz de robot',
  ),
  words(
    'pixelad\\w+|(o )?(áudio|som|voz|vídeo|imagem|ligação|chamada) (\\w+ )?(cort\\w+|pico\\w+|falh\\w+|some|trav\\w+|atrasad\\w+)|voz de robô',
  ),
  words(
    'pixelis\\w+|(le )?(son|audio|voix|image|vidéo|appel) (\\w+ )?(coupe|saute|hach\\w+|grésille|décal\\w+|saccade)\\w*|voix de robot|grésille\\w*',
  ),
  words(
    'verpixelt\\w*|pixelig|abgehackt|(ton|bild|stimme|video|anruf|stream) (\\w+ )?(setzt aus|weg|asynchron|verzerrt|knackt|rauscht|hakt)|tonaussetzer|robotermäßig|roboterstimme',
  ),
  words(
    '(suara|gambar|video|telepon|call)(nya)? (\\w+ )?(putus-?putus|pecah|hilang|delay|kresek\\w*|robot|burem|patah)|kresek-?kresek',
  ),
  '(?:音|声|映像|画面|動画|通話).{0,4}(?:途切れ|飛ぶ|飛んで|飛び|乱れ|ずれ|割れ|ブツブツ)|ロボット(?:声|みたい)|ブツ切り|モザイク',
  '(?:声音|画面|视频|语音|通话|直播).{0,4}(?:断|卡|糊|花|不同步|延迟|马赛克|杂音)|马赛克|音画不同步',
)

/** As of somebody who is ill, on strike or asleep; and that nobody can work so. */
const AS_IF_ILL = rule(
  words(
    '(having|has|had|throwing) (a|another|some kind of) (bad (day|time|one)|rough (day|morning|time)|meltdown|moment|stroke|fit|tantrum|day off|wobble|hiccup|breakdown)',
    '(on its (knees|last legs)|on strike|taking a (nap|day off)|gone? (haywire|bonkers|belly.?up|nuts|to sleep|awol|kaput)|went (haywire|nuts|kaput|belly.?up|to sleep|awol)|is (asleep|sleeping|drunk|kaput|cooked))',
    "(can(no|['’])?t|cannot|unable to|impossible to) (\\w+ )?(work|get (\\w+ )?done|do my job|study|finish|use it) ?(like this|today|because|at all|anything)?|(useless|unusable) (today|right now|again|since)",
    '(acting|being|behaving) (\\w+ )?(weird|strange|funny|up|wonky|buggy|crazy)|wonky|buggy|flaky|borked|janky',
  ),
  words(
    '(de|en) huelga|(se )?(murió|chingó|jodió|rompió|fregó|petó|escoñó)|(está|anda|anduvo|va) (\\w+ )?(loc[oa]|rar[oa]|tont[oa]|fuera|frit[oa]|de malas|fallón|mal|raro)|así no (se|hay|puedo)|imposible (trabajar|estudiar|jugar)|(fuera de) (servicio|línea)|vaya día',
  ),
  words(
    '(em|de) greve|(deu|tá|dando) (ruim|pau|pane|zica|bo|merda|zebra)|(morreu|pifou|bugou|quebrou|empacou|surtou)|(tá|está|anda) (\\w+ )?(estranh[oa]|louc[oa]|doid[oa]|fora|horrível|péssim[oa]|ruim|osso)|não (dá|tem como) (pra|para|de)? ?(trabalhar|usar|jogar|acessar|entrar|pagar|estudar|abrir|logar|fazer nada)|assim não dá|(\\w+ )?fora,',
  ),
  words(
    "en (grève|pls|carafe)|(dans les|aux) (choux|fraises)|(a|ont) (rendu l['’]âme|lâché|craqué|crevé|pété)|(est|sont|fait) (\\w+ )?(mort|cassé|kaput|n['’]importe quoi|naze|aux abonnés absents|des siennes)|inexploitable|impossible de (bosser|travailler)|déconne(nt)?|galère",
  ),
  words(
    'streik(t|en)|(gibt|gab|hat) (\\w+ ){0,3}(den geist auf\\w*|schlapp\\w*|aufgegeben)|macht (\\w+ )?(schlapp|zicken|dicht|faxen|mucken|ärger)|(so|damit|heute) (kann|lässt sich|ist) (\\w+ ){0,4}(nicht|kein\\w*|unmöglich) ?\\w*|verrückt|spinnt|unbrauchbar|unbenutzbar|zickt|katastrophe',
  ),
  words(
    'mogok|tepar|sekarat|ko\\W?id|meninggal|ngambek|rewel|lagi (sakit|error|ngadat|mati|rusak|kenapa|bermasalah)|(gak|ga|nggak|tidak) (bisa|bs) (kerja|ngapa-?ngapain|dipakai|dipake|kerjain|ngantor|belajar)|aneh (banget|nih)|ancur|hancur|parah (banget|nih)|kacau',
  ),
  '死亡|お亡くなり|ご機嫌斜め|逝っ|息して(?:ない|る)|仕事にならな|使い物にならな|話にならな|(?:挙動|動き|様子|調子).{0,2}(?:変|怪し|おかし|不審|悪)|不安定|やばい(?:くらい|ほど)|ダメだ|だめだ|全滅|アカン|終わって(?:る|ん)',
  '罢工|歇菜|凉了|凉凉|嗝屁|抽疯|摆烂|趴窝|没法(?:干活|工作|上班|学习|办公|玩)|用不成|干不了|(?:有点|很|不太|太)?不稳定|有(?:毛病|bug)|出(?:毛病|问题)|是不是(?:有|出)?(?:毛病|问题)|不正常|疯了|不行了|不灵|玩不了',
)

/** What has become of it, asked by somebody who sees it. */
const WHAT_IS_IT = rule(
  words(
    "(what(['’]s| is| the hell| the heck| on earth)|wtf|whats) (\\w+ )?(wrong|going on|happening|up|the (deal|matter)|is (wrong|going on|happening)) (with|at|over at|to)|wtf|(what (happened|did you do)|what['’]?s happening) (to|with)",
  ),
  words(
    'qu[eé] (le |les |te |está |onda |rayos |carajo |coño )*(pas[aóo]\\w*|pasando|onda|sucede|ocurre) (con|a|al|hoy)',
  ),
  words(
    '(o )?que (que )?(tá|está|ta|é que|houve|aconteceu|há|deu|rolou|tem) (\\w+ )?(acontecendo|rolando|havendo|pegando)|o que (aconteceu|houve|deu|rolou) com',
  ),
  words(
    "(il|qui|qu['’]est-ce qui) se passe (\\w+ )?(avec|chez|sur|quoi)|(c['’]est quoi|qu['’]est-ce que c['’]est) (ce|cette|le) (bordel|délire|cirque|bazar|souci|problème)|il se passe quoi",
  ),
  words('was (ist|war|geht) (\\w+ ){0,4}(los|kaputt|verkehrt)|was zum (teufel|geier|henker)'),
  words(
    '(kenapa|knp) (\\w+ ){0,2}(error|eror|lemot|gak|ga|nggak|lama|mati|gini|begini|kosong)|ada apa (nih |sih |ini )?(dengan|sama)|\\w+ kenapa (sih|ya|nih)|kok (\\w+ ){0,3}(gini|begini|aneh|lama|error|gak|ga|kosong|gitu)',
  ),
  'どうした(?:の|ん|？|\\?)|どうなって(?:る|ん)|何(?:が|か)?(?:起き|あった)|なにこれ|なんなの',
  '怎么(?:回事|又|老|搞)|咋(?:回事|了|又)|搞什么|什么情况|啥情况|出(?:什么|啥)事',
)

/** What it says itself where something went wrong. */
const ITS_WORDS = rule(
  words(
    '(please )?(try|check) again (later|in a)|servers? (is |are )?(too )?busy|(oops|uh-?oh|whoops)|(an )?unexpected (error|problem)|something (went|is) (wrong|off)|we.?re having trouble|temporarily (unavailable|down|out)',
  ),
  words(
    '(int[eé]nt(e|a|alo)|vuelv[ae] a intentar\\w*|pruebe|prueba) (\\w+ )?(de nuevo |nuevamente )?(más tarde|mas tarde|luego)|algo (salió|ha salido|fue) mal|servidor(es)? (\\w+ )?(ocupad|satur)\\w+|temporalmente (fuera|no)',
  ),
  words(
    'tente (novamente|mais tarde|de novo)( mais tarde)?|algo deu errado|servidor(es)? (\\w+ )?(ocupad|sobrecarreg|lotad)\\w+|temporariamente (fora|indispon\\w+)',
  ),
  words(
    '(veuillez )?réessay(ez|er)( plus tard| ultérieurement)?|oups|(une )?erreur (est )?(survenue|inattendue)|serveurs? (\\w+ )?(saturé|surchargé|occupé)s?|temporairement (indisponible|hors)',
  ),
  words(
    'versuch(en)?( sie)? es (später|erneut|noch ?mal|nochmal)\\w*( erneut)?|etwas ist schief\\w*|(ist etwas )?schiefgelaufen|hoppla|server (\\w+ )?(überlastet|ausgelastet|voll)|vorübergehend nicht',
  ),
  words(
    '(silakan |silahkan |mohon )?coba (lagi|beberapa saat)( nanti| lagi)?( lagi)?|terjadi kesalahan|server (\\w+ )?(sibuk|penuh|overload)|sedang (sibuk|gangguan|tidak tersedia)',
  ),
  'しばらく(?:して|経って)から|もう一度お試し|再度お試し|混み合って|混雑して(?:い|お|る)|問題が発生|予期せぬ',
  '稍[后候](?:再|重)?试|服务器?(?:繁忙|忙|爆满|过载)|系统(?:繁忙|异常|开小差)|网络(?:异常|错误|开小差)|出了点(?:问题|小差)|开小差|请重试',
)

/** Somebody begs that it be mended. */
const MEND_IT = rule(
  words(
    '(please|pls|plz|can (you|someone|somebody)|just|when (will|are) (you|they)|time to) (\\w+ )?(\\w+ )?(fix|sort|repair)(ing)?( (this|it|that|your|the|ur|out)\\b)?|fix (your|ur|this|it|the) (\\w+)?|get (it|this|your \\w+) (fixed|together|sorted)',
  ),
  words(
    'arr[eé]gl(en|enlo|ar|uen|ad|adlo)( \\w+)?|(ya )?solucion(en|enlo|ad|alo)|(cuándo|cuando) (lo )?(arreglan|solucionan|vuelve|regresa)|hagan algo|hacer algo',
  ),
  words(
    '(arrum|consert|resolv|corrij|ajeit)(em|am|a|e)( \\w+)?( logo| isso| aí)|(quando) (vai|vão|volta) (\\w+ )?(voltar|arrumar|resolver|normalizar)?',
  ),
  words(
    '(répar|corrig|régl|arrang)(ez|e)( (ça|votre|vos|nous|moi|le|la))?|faites quelque chose|quand (est-ce que )?(ça|c.est) (revient|remarche|réparé|reviendra)',
  ),
  words(
    '(repariert|fixt|behebt|kriegt) (\\w+ ){0,4}(mal|endlich|das|hin|es|bitte)?|(wann) (geht|läuft|kommt|wird) (\\w+ ){0,4}(wieder|behoben|repariert|endlich)?|macht (\\w+ )?was|unternehmt',
  ),
  words(
    '(tolong|plis|please|pls) (\\w+ ){0,3}(dong|diperbaiki|perbaiki|benerin|dibenerin|fix|cek|dicek|min)|benerin|dibenerin|perbaiki|kapan (\\w+ ){0,3}(bener|normal|beres|pulih|sembuh|bisa)',
  ),
  '(?:早く|はよ|いい加減|頼むから|なんとか).{0,6}(?:直|復旧|治|して)|直して|復旧(?:まだ|は(?:いつ|まだ))|なんとかして',
  '(?:快|赶紧|赶快|麻烦|能不能|什么时候|啥时候|何时).{0,4}(?:修|恢复|解决|处理|搞好|弄好)|修一下|修复一下|给个说法|搞快点',
)

/** It has been so for a while, says whoever waits for the end of it. */
const SINCE = rule(
  words(
    'since (this (morning|afternoon|evening)|last night|noon|\\d{1,2} ?(am|pm|:\\d\\d)|an hour|hours|the (last |latest )?update)|(the (last|past)) (\\w+ )?(\\d+|two|three|half|several|few|couple of) (hours?|mins?|minutes?)|(hours|minutes|days) (now|already|straight)|every (\\d+|few|two|five|ten|other|couple of) (minutes?|seconds?|mins?|secs?|hours?)',
  ),
  words(
    'desde (esta (mañana|tarde|noche)|hoy|anoche|temprano|hace (\\w+ )?(rato|horas?|minutos)|que actualic\\w+)|(lleva|llevo|llevan|llevamos) (\\w+ ){0,2}(horas?|minutos|rato|días|toda|todo)|cada (dos|tres|cinco|diez|\\d+) (minutos|segundos)|a cada rato|(desde|dsd) (temprano|ayer)',
  ),
  words(
    'desde (hoje|cedo|de manhã|manhã|que atualiz\\w+)|(há|faz) (\\w+ )?(horas?|minutos)|(a )?cada (dois|três|cinco|dez|\\d+) (minutos|segundos)|toda hora',
  ),
  words(
    'depuis (ce (matin|soir|midi)|hier soir|(une|deux|trois|\\d+) (heures?|minutes?|h|min)|tout à l.heure|midi|la mise à jour)|toutes les (deux|trois|cinq|dix|\\d+|x) (minutes|secondes|mn|min)',
  ),
  words(
    'seit (heute( \\w+)?|gestern abend|(\\d+|einer|zwei|drei|über|fast) (\\w+ )?(stunden?|minuten|std|min)|stunden|dem update|mittag|vorhin)|alle (zwei|drei|fünf|zehn|paar|\\d+) (minuten|sekunden)',
  ),
  words(
    '(dari|sejak|dr|dri) (tadi|pagi|semalam|semalem|siang|sore|subuh)( \\w+)?|(udah|sudah|uda|hampir) (\\w+ )?(sejam|dua jam|tiga jam|berjam-?jam|seharian|\\d+ jam|setengah jam)|(tiap|setiap) (\\d+|lima|sepuluh|dua|beberapa)? ?(menit|detik)',
  ),
  '(?:朝|昨日|さっき|先ほど|昼|夜|今朝|昨夜|夕方|ゆうべ|\\d+時(?:頃|ごろ)?|数時間前|\\d+時間前)から|分(?:おき|ごと)に',
  '(?:从|自)(?:今天|昨天|早上|上午|中午|下午|刚才|昨晚)|(?:好|几|两|三|\\d)(?:几)?个?(?:小时|钟头)(?:了|都|还)|半天(?:了|都|也)|每隔|动不动就|一早上',
)

/** Nothing answers to what is pressed; or what answers is nonsense, or of yesterday. */
const NO_ANSWER = rule(
  words(
    "(buttons?|links?|keys?|menus?|tapping|clicking|pressing|scroll\\w*) (\\w+ ){0,3}(nothing|no effect|dead|gr[ea]yed|unresponsive|react)|(silence|crickets|no (reaction|answer|results?|drivers?|orders?|luck|sign|feedback))|gibberish|garbage|weird (characters|symbols)|(out of date|outdated|stale|yesterday['’]?s|old) (data|prices?|info|results?|version|messages)|cancel(s|led|ed|ing)? (itself|themselves|on (its|their) own|automatically|again)|(by itself|on its own|out of nowhere)|unresponsive|(half|most|some) (of )?(the|my) (\\w+ )(is|are) (gone|missing|blank)",
  ),
  words(
    '(el|los) bot[oó]n(es)? (\\w+ ){0,2}(no|nada|muert\\w+)|no (pasa|sale|aparece|hay|llega|hace) (nada|ni|respuesta|ninguna?)|ni un[oa]? \\w+|(letras|s[ií]mbolos|caracteres) (rar|extrañ)\\w+|desactualizad\\w+|datos viejos|se cancela(n)? (sol\\w+)?|por sí sol[oa]|sol[oa]s?,? (se|cada)|sin señales de vida|silencio total',
  ),
  words(
    '(o |os )?bot(ão|ões) (\\w+ ){0,2}(não|nada|mort\\w+)|não (acontece|aparece|vem|sai|faz) (nada|nem)|nenhum[a]? (resposta|motorista|resultado|sinal|pedido|produto)|caracteres estranh\\w+|desatualizad\\w+|cancel(a|ou|ando) (sozinh\\w+|automa\\w+|de novo)|sozinh[oa]s?|sem (resposta|retorno|sinal de vida)|nem sinal',
  ),
  words(
    "(le |les )?boutons? (\\w+ ){0,2}(ne|rien|mort|grisé)\\w*|(il )?(ne )?se passe rien|aucun(e)? (réponse|résultat|chauffeur|réaction|commande|signe)|charabia|hiéroglyphes|caractères (bizarres|étranges)|pas à jour|s['’]annule(nt)?|tout(e)? seul(e)?|silence radio|sans réponse",
  ),
  words(
    '(der |die )?(knopf|knöpfe|button|taste)s? (\\w+ ){0,3}(nichts|nicht|tot|ausgegraut)|(es )?(passiert|tut sich|kommt|erscheint) (\\w+ ){0,2}(nichts|nix|gar nichts)|keine? (\\w+ )?(antwort|reaktion|ergebnisse|fahrer|rückmeldung|treffer|regung)|kauderwelsch|zeichensalat|veraltet|storniert (sich|automatisch|wieder)|von (selbst|allein)|funkstille',
  ),
  words(
    '(tombol)(nya)? (\\w+ ){0,2}(gak|ga|mati|nggak|tidak|diam|diem)|(gak|ga|nggak|tidak) ada (jawaban|respon\\w*|hasil|driver|reaksi|balasan|tanda)|diem (aja|doang)|tulisan(nya)? aneh|(gak|ga|belum|nggak) (update|keupdate|ke-?update)|data(nya)? lama|(di)?batal(in|kan)? (sendiri|otomatis|terus)|sendiri(an)? (terus|mulu|lagi)',
  ),
  '押しても|タップしても|クリックしても|無反応|反応(?:なし|が(?:な|無))|応答なし|返事が(?:な|来)|文字化け|古いまま|更新されて?(?:ない|ません|いない)|勝手に|音沙汰|何も(?:出|起|表示|聞|見|変)',
  '(?:点|按|点击|摁)(?:了)?(?:.{0,4})(?:没用|没反|不动|没效|没动静)|毫无反应|乱码|(?:还是|都是)(?:昨天|上周|以前|旧)|不更新|自动取消|自己(?:就|又|会)|石沉大海|一点反应',
)

/** What should be brought or taken is not. */
const NOT_RECEIVED = rule(
  words(
    '(do|does|did|have|has|am|are|is)( ?n.?t| not|nt) (\\w+ )?(get|getting|got|gotten|receiv\\w+|seeing|hearing|coming|arriving|showing)( \\w+){0,3}|(nobody|no one|none of us) (can|is able|gets?|receives?)|giv(es|ing|en) (me|us) (an?|the|this) ?(\\w+ ){0,2}(error|message|page|code|screen)',
  ),
  words(
    'no (me |nos |le |les )?(lleg|recib|aparec|entr|sal|vien|suen|notific)\\w+( \\w+)?|nadie (puede|logra|consigue|recibe)',
  ),
  words(
    'não (\\w+ )?(vem|vêm|chega|chegam|chegou|recebo|recebi|recebe|aparece|sai|toca|notifica|entra|sobe|baixa)|ninguém (consegue|recebe|acessa|entra)',
  ),
  words(
    "(ne |n['’])?(reçois|reçoit|reçoivent|recevons|vient|viennent|arrive|arrivent) (\\w+ )?(pas|plus|rien|jamais|aucune?)|personne (n['’]|ne )?(arrive|peut|reçoit)",
  ),
  words(
    '(bekomm|krieg|erhalt|empfang|seh|hör|find|erreich)(e|en|t|st)? (\\w+[- ]?){0,5}(nicht|nix|nichts|keine?n?)( \\w+)?|niemand (kann|kommt|bekommt|erreicht)|keiner (kommt|kann)',
  ),
  words(
    '(gak|ga|nggak|tidak|belum|blm) (\\w+ )?(dapet|dapat|nerima|terima|dateng|datang|masuk|muncul|nyampe|sampai)( \\w+)?|(gak|ga) ada yang (bisa|masuk|dapet)',
  ),
  '(?:届か|来|受信でき|受け取れ|もらえ|出)(?:ない|ません|ぬ|ず)(?:まま|ん|し|よ|の|。|$)|誰も(?:入れ|使え|見れ|繋が)',
  '(?:没|没有|未)(?:收到|来|到账|发货|送到|显示|弹出)|(?:谁|没人|没一个)(?:都)?(?:进|登|用|连|打)不',
)

/** No net, for a whole place or a whole house. */
const NO_NET = rule(
  words(
    '(no|without|lost( all)?|zero|have no|got no|there.?s no|ain.?t got no) (\\w+ )?(internet|signal|wi-?fi|data|coverage|reception|service|bars|network|connection|power|line|dial ?tone)|sos only|(whole|entire) (street|neighbou?rhood|town|building|city|block|area|office|village|house|family|team|company|state|country) (\\w+ )?(is |has |are |without |lost |out|no )',
  ),
  words(
    '(sin|no hay|no tengo|me quedé sin|nos quedamos sin) (\\w+ )?(internet|señal|wifi|datos|cobertura|línea|red|luz|conexión)|tod[oa] (el|la) (barrio|calle|edificio|ciudad|zona|cuadra|colonia|oficina|casa|pueblo) (\\w+ )?(sin|sigue|está|igual)',
  ),
  words(
    '(sem|fiquei sem|estamos sem|tô sem|não tem) (\\w+ )?(internet|sinal|wi-?fi|dados|rede|linha|luz|conexão)|(o |a )?(bairro|rua|prédio|cidade|região|empresa|casa|condomínio) (\\w+ )?(inteir[oa]|tod[oa])',
  ),
  words(
    "(plus|pas|sans|aucun) (\\w+ )?(d['’]|de )?(internet|réseau|wi-?fi|4g|5g|signal|connexion|tonalité|fibre|données)|(tout|toute) (le|la|l['’]) ?(quartier|rue|immeuble|ville|village|boîte|bureau|maison|département) (\\w+ )?(sans|est|touché|pareil|privé|coupé)\\w*|dans tout(e)? (le|la|l['’]) ?(quartier|rue|immeuble|ville|village)",
  ),
  words(
    '(kein|ohne|null|keinen|keinerlei) (\\w+ )?(internet|netz|empfang|wlan|signal|lte|4g|5g|leitung|strom|mobilfunk)|(ganze|ganzer|ganzes|komplette|gesamte|halbe)(r|s|n)? (straße|strasse|viertel|stadt|dorf|haus|büro|firma|ort|familie|team|siedlung|land)( \\w+)?',
  ),
  words(
    '(gak|ga|nggak|tidak|tanpa|hilang) (ada )?(internet|sinyal|wifi|jaringan|koneksi|data|listrik)|(internet|sinyal|wifi|jaringan|koneksi)(nya)? (\\w+ )?(mati|hilang|ilang|lenyap|putus|los|jelek|ancur|parah|nol)|mati (\\w+ )?(sekampung|sekomplek|serumah|sekelurahan|sekota|sekantor|semua|total|dari|seharian|lagi)|(satu|se)-?(kampung|komplek|kota|kantor|rumah|rt|kelurahan)',
  ),
  '圏外|電波(?:が)?(?:ない|無い|立た|入ら|死|悪)|(?:ネット|回線|Wi-?Fi|通信)が?(?:切れ|死|使え|落ち|来て?ない|ない|不通)|不通|(?:近所|会社|社内|家族|地域|町内|マンション)(?:中|ごと|全部|全員|一帯|全体)|アンテナ.{0,4}(?:ゼロ|0|立た)',
  '断网|没(?:有)?(?:网|信号|流量|宽带|wifi)|(?:网|宽带|信号|光纤)(?:又|全|都|也)?(?:断|没|崩|挂)(?:了|网)?|(?:整个|全)(?:小区|公司|楼|单位|城|市|家|村|学校|宿舍|办公室)(?:.{0,6})(?:断|没|都|崩|瘫|上不|用不|连不)|无服务|没服务',
)

/** It says of something, for as long as anybody waits, that it is about to be done. */
const QUEUED = rule(
  words(
    "(sits?|sitting|sat|stuck|stays?|staying|remains?|been|says?|shows?|showing|status|forever|it['’]?s|everything|perpetually|eternally|permanently) (\\w+ ){0,3}[\"“'‘]?(queued|pending|processing|in (the |a )?queue|preparing|connecting|reconnecting|buffering|sync(h)?ing|sending|verifying|provisioning|initiali[sz]ing|optimi[sz]ing|waiting for network)\\b(?! (fees?|times?|results?|approval from))",
    '(sigue|siguen|lleva|llevan|queda|quedan|quedó|dice|sale|aparece) (\\w+ ){0,4}["“«]?(en cola|pendientes?|procesando|conectando|enviando|en proceso|reconectando|verificando|relojito)',
    '(continua|fica|ficam|ficou|tá|está|diz|aparece|parado|preso) (\\w+ ){0,4}["“«]?(na fila|pendentes?|processando|conectando|enviando|em processamento|reconectando|carregando|bolinha|reloginho)',
    '(reste|restent|resté|toujours|bloquée?s?|affiche|marque|dit|encore) (\\w+ ){0,3}["“«]? ?(en attente|en cours|en file d[\'’]attente|connexion en cours|chargement|envoi en cours)',
    '(hängt|hängen|steht|stehen|seit|bleibt|bleiben|sagt|zeigt|immer noch|ewig) (\\w+ ){0,5}["“„«]?(in (der )?warteschlange|in bearbeitung|ausstehend|wird (geladen|gesendet|verarbeitet|verbunden|synchronisiert)|verbinde|lädt)',
    '(masih|status|terus|stuck|nyangkut|tulisannya) (\\w+ ){0,3}(pending|diproses|menunggu|connecting|reconnect\\w*|processing|antri)|(reconnect|connecting|loading|buffering)(ing)? (terus|mulu|melulu|lagi lagi)',
    '(resta|rimane|fermo|bloccato|sempre|ancora) (\\w+ ){0,3}(in attesa|in coda|in elaborazione|in caricamento)|(blijft|staat|hangt) (\\w+ ){0,3}(in de wachtrij|in behandeling|laden|verbinden)|(висит|стоит|до сих пор|вечно) (\\w+ ){0,3}(в очереди|в обработке|загрузка|подключение)|(wisi|stoi|ciągle|wciąż) (\\w+ ){0,3}(w kolejce|w trakcie|przetwarzan\\w+|łączenie)|(hâlâ|sürekli|hep) (\\w+ ){0,3}(beklemede|bağlanıyor|yükleniyor|işleniyor|kuyrukta)',
  ),
  '(?:待ち|列|キュー|順番|接続中|処理中|保留中|送信中|ロード中).{0,8}(?:抜けられ|抜け出せ|進ま|から動|終わら|のまんま)|(?:一直|还|显示)?(?:排队|处理中|审核中|连接中|发送中|等待中).{0,8}(?:半天|小时|分钟|不动|没动|到现在)|(?:계속|아직도?) ?(?:대기|처리|연결|로딩) ?중',
)

/** How long a round trip takes, by a number that only trouble has. */
const ROUND_TRIPS = rule(
  words(
    '(ping|latency|lag|jitter|latencia|latência|latence|latenz|response times?|p99) (\\w+ ){0,3}(\\d{3,}|0\\.\\d)',
    '\\d{3,} ?(ms)? (ping|latency|of ping|of lag|de ping|de lag|de latencia)|(lag|ping) (de|of|von|d[ie]) \\d{3,}',
    '(packet|paket|pacote) ?(loss|verlust|s? perdid\\w*)|perte de paquets|pérdida de paquetes|perda de pacotes',
    '\\d+ ?(s|sec|secs|seconds?|min|mins|minutes?|sekunden|minuten|segundos|minutos|secondes|secondi|detik|menit|секунд\\w*|минут\\w*) (per|pro|por|par|for (each|every)|je|a|für jeden?|na|per ogni|на) (\\w+ )?(click|page|klick|seite|clic|página|keystroke|request|letter|tap|frame|message|clique|requête|anfrage|клик)',
    '(one|a|1|una?|uma?|un|une|ein|eine|по одному?) (\\w+ )?(word|letter|frame|line|token|palabra|letra|palavra|quadro|mot|lettre|image|wort|buchstabe|bild|кадр\\w*|слов\\w*) (per|every|a|por|par|pro|al|à la|cada|alle|в) (\\w+ )?(minutes?|hours?|days?|seconds?|century|year|minuto|hora|día|dia|siglo|heure|siècle|minuten?|stunde|jahr|час|минуту)',
  ),
)

/** Whoever is nearly in stands at the beginning again. */
const BACK_TO_START = rule(
  words(
    '(throws?|sends?|dumps?|loops?|loop(ing|ed)|takes?|bounc(es|ed|ing)|puts?|brings?|redirects?|drops?|kicks?|boots?|returns?|spits?|sent|took|threw|brought) (\\w+ )?(right |straight |back |me |us )*(to|at|on) (the |its |my )?(very )?(start|beginning|log ?in|sign ?in|home ?(page|screen)|square one|welcome screen|first step|lock screen|captcha)',
    '(devuelve|manda|regresa|vuelve|lleva|tira|redirige) (\\w+ )?(a|al) (\\w+ )?(pantalla|inicio|principio|login|comienzo)|(joga|manda|volta|leva|redireciona|retorna) (\\w+ )?(pr[oa]|para [oa]|ao?|à) (\\w+ )?(começo|início|login|tela)',
    "(renvoie|ramène|revient|retourne|redirige) (\\w+ )?(à|au|sur|vers) (\\w+ |l['’])?(page|début|accueil|connexion|écran|case départ)",
    '((wieder|immer|direkt|zurück) ){1,2}(\\w+ )?(am|zum|zur|auf die|beim|im) (anfang|login|anmelde\\w*|startseite|start)|(torna|rimanda|riporta|ributta) (\\w+ )?(all|al|alla)(a| |\\W)?(inizio|login|schermata|home)|(terug|weer) (naar|op|bij) (het )?(begin|inlog\\w*|start\\w*)|balik (lagi )?ke (awal|login|halaman)|(başa|giriş ekranına|en başa) (dönüyor|atıyor|döndü)|(возвращает|кидает|выбрасывает) (\\w+ )?(на|в) (начало|вход|главную|логин)',
  ),
  '(?:ログイン|最初|トップ|ホーム).{0,5}(?:に|へ)戻(?:さ|る|って|り)|(?:又|总是?|一直)?(?:跳|退|弹)回(?:到)?(?:登录|首页|主页|开头|登陆)|(?:로그인|처음|홈)(?: ?화면)?(?:으)?로 ?(?:돌아|튕)',
)

/** Words that programs and operators have for it. */
const AS_MACHINES_SAY = rule(
  words(
    'e?conn(ection)?_?(reset|refused|aborted|timed? ?out)( by peer)?|etimedout|ehostunreach|enotfound|eai_again|nxdomain|servfail|err_[a-z_]+|ssl_error\\w*|(tls|ssl) handshake( \\w+)?|bad gateway|gateway time-?out|no healthy upstream|upstream (connect|request|timed)\\w*|crash-?loop\\w*|broken pipe|deadline exceeded|context canceled|socket hang ?up|read timeout|unreachable|throttl(ed|ing)',
    '(time ?out|timeoutet|läuft in (den|einen) timeout|ins timeout)(s|ed|ing|et|en)?( \\w+)?|timing out|timed out|(nicht|not|un) ?(pingbar|pingable|erreichbar|reachable|ansprechbar)|tiempo de espera|tempo (limite )?(esgotado|excedido)|délai (d.attente )?dépassé|zeitüberschreitung',
    'some ?thing (\\w+ ){0,4}(went|gone|go(es)?) (wrong|sideways)|an unexpected (\\w+ )?(occurred|happened)|algo (salió|ha salido|deu|fue) (mal|errado)|etwas ist schief ?(gelaufen|gegangen)|quelque chose s.est mal passé|(please |vuelva a |bitte |essaye[rz] )?(try again later|intent\\w+ más tarde|tente (novamente )?mais tarde|später erneut|réessay\\w+ plus tard)|qualcosa è andato storto|terjadi kesalahan|bir ?şeyler ters gitti|что-то пошло не так',
    '(give|gives|gave|giving|get|gets|getting|got|throws?|throwing|shows?|with|muestra|da|mostra|affiche|zeigt) (\\w+ ){0,3}(code|código|fehlercode|kode) [a-z]{0,4}[-_ ]?[a-z]*\\d{2,}',
    '(console|dashboard|status|monitor\\w*|grafana|health ?checks?|cluster|nodes?|pods?|instances?|replicas?) (\\w+ ){0,4}(unknown|unhealthy|red everywhere|all red|flapping|degraded|not ready|evicted)|(sync(t|hroni[sz]iert|ed|s)?|synct) (\\w+ )?(nicht|nix|not)( mehr)?',
  ),
)

/** It turns away what it always took, or everybody. */
const TURNED_AWAY = rule(
  words(
    '(card|cards|apple pay|google pay|payments?|tap to pay|contactless|pix|bizum|transfers?|tarjeta|cartão|carte|karte|code|password|login|face ?id) (\\w+ ){0,6}(declin(ed|es|ing)|reject(ed|s|ing)|bounc(ed|es|ing)|rechaz\\w+|recus\\w+|refusée?s?|abgelehnt|verweigert)|(declined|rejected|bounced) (\\w+ ){0,5}(at|by|in) (all|every|each|both|two|three|four|\\d)',
    '(let(s|ting)?|allow(s|ing)?) (nobody|no ?one|none of us|not a soul) (\\w+ )?(join|in|log|connect|play|through|buy|pay|check)|(nobody|no ?one|none of (us|my \\w+)|not one of us) (\\w+ )?(can|is able to|could|manages to|gets) (\\w+ )?(join|log|get|connect|hear|see|open|load|access|reach|pay|in|through|play|send)',
    'nadie (\\w+ )?(puede|logra|consigue) (\\w+ )?(entrar|abrir|pagar|conectar\\w*|ver|jugar|enviar)|ninguém (\\w+ )?(consegue|pode|entra) (\\w+ )?(entrar|abrir|pagar|conectar|ver|jogar|mandar)?|personne (\\w+ )?(ne |n.)?(peut|arrive|parvient) (\\w+ )?(à |plus )?|(keiner|niemand) (\\w+ )?(kann|kommt|schafft) (\\w+ )?(rein|sich|mehr|einloggen|zahlen|durch|hören)|gak ada yang bisa (masuk|login|bayar|buka)|nessuno (\\w+ )?(riesce|può)|никто не может (зайти|войти|оплатить|подключиться)',
    '(let|lemme|deja|laisse|lass|déjame|deixa) (me|us|mich|uns|entrar) (back )?(in|rein|entrar|entrer)\\b(?! (on|the joke|to your))',
    '(penalty|ban|banned|strike|leaver) (\\w+ ){0,4}(servers?|disconnect\\w*|crash\\w*)|dropped (from|out of) (ranked|the (match|game|call|lobby|meeting|raid)|a (match|game|call))',
  ),
)

/** So much time, or so many tries, for so little. */
const SO_LITTLE = rule(
  words(
    "(\\d+|an?|two|three|half an|several) (minutes?|mins?|hours?|hrs?) (and counting|later,? still|in and|now and (still|nothing))|(since|seit|desde|depuis|dari|da|с) (\\d{1,2}([:h.]\\d\\d)?( ?(am|pm|uhr|h))?|lunch|noon|breakfast|this morning|mittag|mediodía|midi|siang|pagi|утра) (i|ich|llevo|je|j['’]essaie|versuch\\w+|trying|intentando|tentando)|(llevo|tô|estou|je suis|bin) (\\w+ ){0,2}(desde|depuis|seit) (\\w+ ){0,2}\\d+ ?(intentando|tentando|à essayer|am versuchen)?",
    "(have|['’]ve|has) (\\w+ )?(reset|restarted|rebooted|power.?cycled|reinstalled|unplugged) (\\w+ ){0,3}(so many|a million|a dozen|\\d+|countless|too many|several) times|(whole|entire) (\\w+ )?(office|team|warehouse|class|floor|shift|store|shop) (\\w+ )?(standing|sitting|waiting|idle|stuck|twiddling)",
    '(hace|faz|fait|há|vor) \\d+ (min\\w*|horas?|minutos?|heures?|h)\\b.{0,40}(ya|já|still|todavía|ainda|encore)|(gastei|perdi|passei) (\\w+ ){0,3}(tarde|manhã|hora|horas|dia) (\\w+ ){0,2}(tentar|tentando|a tentar)|(he perdido|perdí|pasé) (\\w+ ){0,3}(tarde|mañana|horas?|día) (\\w+ ){0,2}(intentando|tratando)|(passé|perdu) (\\w+ ){0,3}(heures?|matinée|après-midi|journée) à (essayer|tenter|attendre)|(den ganzen|stundenlang|halben) (\\w+ ){0,3}(versucht|probiert|gewartet)',
    '(lost|loses|losing|keeps losing|dropped) (\\w+ )?(its|the|my|all|both)? ?(pairing|connection|signal|link|sync|audio|video|sound|picture|wifi|wi-?fi|reception)(?! (between|with reality|with my))|(no|zero|null|0|kein|sin|sem|pas de|aucun|nessun) (\\w+ )?(bars|reception|empfang|signal|señal|sinal|cobertura|sinyal|segnale)|empfang (\\w+ ){0,4}(null|weg|tot|0)|0g\\b',
  ),
)

/** It throws people out of what they are in. */
const THROWN_OUT = rule(
  words(
    '(drop(s|ped|ping)?|kick(s|ed|ing)?|boot(s|ed|ing)?|thr(ows|ew|own|owing)|eject(s|ed|ing)?|disconnect(s|ed|ing)?|log(s|ged|ging)|sign(s|ed|ing)|knock(s|ed|ing)|spit(s|ting)?) (me|us|everyone|everybody|all of us|people|the (whole|entire) (\\w+ )?(team|squad|party|class|call|office|raid)|half (of )?(us|the \\w+)|my (\\w+ )?(team|squad|kids|class|party)) ?(all )?(out|off|back|again|twice|from|mid|every|constantly|\\d+|each|repeatedly)',
    '(got|getting|been|being|keep getting|were|was) (all )?(booted|kicked|thrown out|dropped|ejected|disconnected|logged out|signed out|dc.?ed) ?(\\w+ )?(from|off|out|mid|again|every|in the middle|of|repeatedly|constantly)?',
  ),
  words(
    '(me|nos|los|lo|a todos|les) (\\w+ )?(echa|echó|saca|sacó|expulsa|expulsó|bota|botó|tira|tiró|desconecta|desconectó|patea) (\\w+ )?(a todos|de|del|fuera|cada|todo|otra|sin)?',
    '(me|nos|todo mundo|todos|a gente) (\\w+ )?(expuls\\w+|derrub\\w+|desconect\\w+|chut\\w+|joga(ndo)? (pra )?fora|tir(a|ou) do)',
    "(nous|tous|m['’]|me|on s['’]est|on a été|je me suis|je me fais|on se fait) (\\w+ ){0,2}(éject\\w+|vir(e|er|é|és|ée)|dégag\\w+|déconnect\\w+|éject\\w*|kick\\w+|jet(é|és|er|te))",
    '(schmei(ß|ss)t|wirft|haut|kickt|kegelt) (\\w+ )?(mich|uns|alle|einen|jeden) (\\w+ )?(raus|ab|immer|ständig|wieder)|(raus|aus\\w* )(geflogen|geworfen|geschmissen|gekickt|gekegelt)|flieg(e|en|t) (\\w+ ){0,3}raus',
    '(nge-?)?kick (semua|kita|gue|gw|aku)|(nendang|nge?lempar|ngeluarin|ngusir) (semua|kita|aku|gue|gw|orang)|(ke|di)(kick|lempar|tendang|keluarin)( \\w+)? (dari|terus|lagi|semua|mulu)',
    '(mi|ci|ti|li|vi) (\\w+ )?(butta|caccia|espelle|sbatte|disconnette|sbatt\\w+) ?(fuori|dal\\w*|tutti)?|(gooit|kickt|smijt) (me|ons|iedereen) (er)?(uit)?|(wyrzuca|wywala|wykopuje|rozłącza) (mnie|nas|wszystkich|\\w+)|(beni|bizi|herkesi) (\\w+ )?(atıyor|attı|kovuyor|düşürüyor)|(выкидывает|выкинуло|выбрасывает|вышвыривает|вылетаем|выкинул\\w*) ?(нас|меня|всех|из)?|bị (văng|đá|out)( \\w+)? ?(ra|khỏi|liên tục)?',
  ),
  '(?:튕겨|튕기|튕겼|쫓겨나|강퇴|강제 ?로그아웃)|(?:เด้ง|หลุด|เตะ)(?:ออก|กัน|หมด|ตลอด)|(?:يطردني|يطردنا|طردني|طردنا|يخرجني|يخرجنا|خرجنا كلنا)|(?:बाहर (?:निकाल|फेंक)|nikaal? d(?:eta|iya))|(?:全員|みんな|途中で|勝手に|何度も|毎回).{0,8}(?:落とされ|追い出され|弾き出され|切断され|抜けさせ)|(?:都|全|又|老|一直)?被(?:强制)?(?:踢|弹|挤|顶)(?:出|下|掉)',
)

/** It comes so far, and no further. */
const STOPS_AT = rule(
  words(
    '(stuck|stops?|stopped|dies|died|dead|fails?|failed|hangs?|hung|frozen|freezes|froze|sits|sitting|stalls?|stalled|quits|halts?|pauses|crashes|gives? up|never gets? past|(se )?(queda|quedó|para|paró|traba|trabó|detiene|congela|muere|atasca)|atascad\\w+|trav(a|ou|ado|ada)|par(a|ou)|morre|empac\\w+|bloqué\\w*|bloque|reste|coincé\\w*|s.arrête|plante|meurt|bleibt|hängt|stoppt|stirbt|bricht|stockt|steht|macet|mandek|berhenti|nyangkut|stuck|mentok|si (ferma|blocca)|fermo|bloccato|blijft|stopt|hangt|zatrzymuje|stoi|takılı|takıl\\w+|kal\\w+|застревает|зависает|висит|kẹt|dừng|đứng) (\\w+ ){0,3}(at|on|around|by|en|al|a|em|nos|no|à|sur|bei|auf|di|ke|sampai|op|na|ở|на|yüzde)? ?\\d+ ?(%|percent|per cent|por ciento|por cento|pour ?cent|prozent|persen|per cento|procent|phần trăm)',
  ),
  '\\d+ ?(?:%|%|パーセント)(?:で|のまま|から).{0,6}(?:止ま|固ま|落ち|動か|進ま|失敗|切れ)|(?:卡|停|断|死|挂)(?:在|到)(?:了)?\\d+ ?(?:%|%)|\\d+ ?(?:%|%)(?:就|的时候)?.{0,4}(?:卡|停|断|失败|不动)|\\d+ ?(?:%|퍼센트|프로)에서.{0,6}(?:멈|안 ?|끊|튕)|(?:ค้าง|หยุด)(?:ที่|อยู่).{0,6}\\d+ ?(?:%|เปอร์)|\\d+ ?(?:%|प्रतिशत) (?:पर|pe|par).{0,10}(?:अटक|रुक|atak|ruk)|(?:يوقف|يعلق|واقف|معلق|توقف) (?:عند|على).{0,6}\\d+',
)

/** What is given to it is gone. */
const SWALLOWED = rule(
  words(
    '(eats?|ate|eating|swallow(s|ed|ing)|loses|lost|losing|drops|dropped|dropping) (all )?(my|our|the|every) (\\w+ )?(prompts?|messages?|posts?|comments?|repl(y|ies)|uploads?|submissions?|drafts?|money|cards?|coins?|orders?|edits?|inputs?|answers?|progress|work)',
    '(se )?(come|traga|tragó|comió|pierde|perdió) (mis|los|mi|todos|todo) (\\w+ )?(mensajes?|pedidos?|comentarios?|trabajo|texto|dinero|fotos?)|(come|comeu|engol\\w+|perde\\w*) (meu|minha|meus|minhas|o|as|os) (\\w+ )?(mensage\\w+|pedidos?|textos?|dinheiro|documentos?|fotos?)|(e |que )?(some|sumiu|sumiram|somem) (tudo|todos|todas|com tudo|do nada)',
    '(avale|mange|perd|a perdu|a avalé|a mangé) (mes|mon|ma|tous) (\\w+ )?(messages?|commandes?|textes?|argent|photos?|fichiers?)|(frisst|verschluckt|schluckt|fraß|hat) (\\w+ )?(meine?|unsere?|alle) (\\w+ )?(nachrichten?|bestellung\\w*|texte?|geld|eingaben?|fotos|dateien)( (gefressen|verschluckt|geschluckt))?|(makan|nelen|ngilangin|ilangin) (saldo|pesan|duit|pulsa|kuota|chat)',
  ),
  '(?:送った|書いた|入力した|投稿した).{0,8}(?:消え|飛ん|なくなっ)|(?:吞|吃)(?:了)?(?:我)?(?:的)?(?:消息|评论|钱|单|订单|字|回复|楼|帖)',
)

/** One asks, and nothing comes. */
const NOTHING_COMES = rule(
  words(
    '(gives?|gave|giving|get|gets|getting|got|shows?|showing|returns?|returning|returned|displays?|loads?|outputs?|plays?|see|hear) (me |us |back )?(absolutely |literally |just |only )?(nothing|zilch|nada|crickets|silence|blanks?|empty \\w+|gr[ea]y (boxes|squares|tiles|screens?))(?! (but|to (complain|worry|say)|wrong|better|special|new|less|more|like|else|beats|compares))',
    '(just|only|all|nothing but) (gr[ea]y|black|white|blank|empty|broken) (boxes|squares|tiles|screens?|frames?|placeholders?|pages?|images?|icons?)',
    '(no|not a) (sound|picture|video|image|audio|signal|response|reply|replies|text|output|result|results|dial tone) (at all|whatsoever|anywhere|today|since|anymore|comes?|from|on (any|either|both))',
    'no (me |nos )?(da|devuelve|muestra|sale|aparece|responde|manda|llega) (\\w+ )?nada|no sale (el |la |ninguna? )?(imagen|sonido|voz|audio|video)|(pantalla|todo) (en blanco|en negro|gris)',
    '(não|n) (\\w+ )?(aparece|volta|mostra|vem|sai|retorna|responde) (\\w+ )?(nada|ninguém|som|imagem|áudio)|(tela|tudo) (branca|preta|cinza|em branco)',
    "(rien ne|n['’]) ?(s['’])?(affiche|charge|passe|répond|vient|sort|marche)( \\w+)?|(n['’]affiche|ne (montre|renvoie|donne|charge|sort)) (\\w+ )?(plus |absolument )?rien|(écran|page) (noire?|blanche?|grise?)|plus (de |d['’]|aucun )(son|image|réponse|réseau|signal)",
    '(kommt|zeigt|lädt|passiert|geht|erscheint|liefert|antwortet) (\\w+ )?(einfach |nur )?(nichts|nix|gar nichts|rein gar nichts)( \\w+)?|nur (noch )?(graue|leere|schwarze|weiße) (\\w+)',
    '(gak|ga|nggak|ngga|tidak) (muncul|keluar|nongol|tampil|ada) (apa-?apa|sama sekali|semua|suara\\w*|gambar\\w*|respon\\w*)|(muncul|cuma|isinya) (kotak|layar|halaman) (abu|putih|hitam|kosong)\\w*|layar(nya)? (putih|hitam|blank|kosong)',
    'non (\\w+ )?(esce|appare|compare|carica|mostra|arriva|risponde) (\\w+ )?(niente|nulla|nessuno)|schermo (nero|bianco)|(krijg|zie|laadt|komt) (\\w+ )?(helemaal )?niets|(zwart|wit) scherm|(nic (się )?nie|niczego nie) (\\w+ )?(wyświetla|ładuje|dzieje|pokazuje|działa)|(czarny|biały|pusty) ekran|(hiçbir ?şey) (\\w+ )?(gelmiyor|yüklenmiyor|görünmüyor|çıkmıyor|açılmıyor)|(siyah|beyaz|boş) ekran|ничего не (\\w+ )?(грузит|показывает|приходит|открывает|отображает|происходит|работает)\\w*|(чёрный|черный|белый|пустой) экран|(không|chẳng|ko) (\\w+ )?(hiện|ra|thấy|lên) (\\w+ )?gì|màn hình (đen|trắng)',
  ),
  '(?:何も|なんも|なにも|一切).{0,4}(?:表示され|出てこ|返ってこ|映ら|聞こえ|起き|出ない|来ない)|(?:真っ白|真っ黒|まっしろ|まっくろ)|(?:什么|啥)(?:都|也)(?:没有?|不)(?:显示|出来|出|加载|返回|反应)|(?:白屏|黑屏|灰屏)|아무것도 ?안 ?(?:떠|나|뜨|보)|(?:흰|하얀|검은|까만) ?화면|(?:ไม่(?:ขึ้น|มี)อะไร|จอ(?:ดำ|ขาว))|(?:ما (?:يطلع|يظهر|في) (?:شي|شيء|حاجة)|شاشة (?:سودا|بيضا|سوداء|بيضاء))|(?:कुछ (?:भी )?नहीं (?:आ|दिख|हो)|kuch (?:bhi )?nahi (?:aa|dikh|ho|load))|(?:(?:सफ़ेद|सफेद|काली|kaali|safed|blank) (?:स्क्रीन|screen))',
)

/** It is asked for one thing, named by its verb, and does not do it. */
const DOES_NOT = rule(
  words(
    "(won['’]?t|will not|does ?n['’]?t|do ?n['’]?t|did ?n['’]?t|not|is ?n['’]?t|are ?n['’]?t|ain['’]?t|can['’]?t|cannot|fails? to|failed to|failing to|refuses to|unable to|stopped|never|no longer|quit) (even |properly |fully |currently |actually )?(render|resolv|populat|respond|initiali[sz]|buffer|mount|boot|authenticat|decrypt|attach|past|submit|propagat|replicat|provision|deploy|compil|sync|stream|buffer|dial|ring|print|scan|charg|pair|cast|upload|download|refresh|registe?r|launch|queu|dispatch|autosav|generat|transcrib|translat|process|execut|deliver|redirect|validat|verif|recogni[sz]|rotat|playback)\\w*(?! (to (you|emails)|well with|my mistake))",
  ),
)

export const TROUBLE_BY_KIND: readonly { kind: string; rule: ReturnType<typeof rule> }[] = [
  { kind: 'jerky', rule: JERKY },
  { kind: 'frozen', rule: FROZEN },
  { kind: 'gone', rule: GONE },
  { kind: 'again', rule: AGAIN },
  { kind: 'will not', rule: WILL_NOT },
  { kind: 'late', rule: LATE },
  { kind: 'money', rule: MONEY },
  { kind: 'asks again', rule: ASKS_AGAIN },
  { kind: 'senses', rule: SENSES },
  { kind: 'as if ill', rule: AS_IF_ILL },
  { kind: 'what is it', rule: WHAT_IS_IT },
  { kind: 'its words', rule: ITS_WORDS },
  { kind: 'mend it', rule: MEND_IT },
  { kind: 'since', rule: SINCE },
  { kind: 'no answer', rule: NO_ANSWER },
  { kind: 'not received', rule: NOT_RECEIVED },
  { kind: 'no net', rule: NO_NET },
  { kind: 'thrown out', rule: THROWN_OUT },
  { kind: 'stops at', rule: STOPS_AT },
  { kind: 'swallowed', rule: SWALLOWED },
  { kind: 'nothing comes', rule: NOTHING_COMES },
  { kind: 'does not do it', rule: DOES_NOT },
  { kind: 'queued', rule: QUEUED },
  { kind: 'round trips', rule: ROUND_TRIPS },
  { kind: 'back to the start', rule: BACK_TO_START },
  { kind: 'as machines say it', rule: AS_MACHINES_SAY },
  { kind: 'turned away', rule: TURNED_AWAY },
  { kind: 'so long for so little', rule: SO_LITTLE },
]
