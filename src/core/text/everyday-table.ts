import { type Tongue, words } from './words.js'

/**
 * What people say every day that the other tables leave out, for the languages that these know best: verbs behind "can't" and "won't", slips
 * of the pen, slang, and what is said of another time or of no time at all.
 */

const CANNOT =
  "(?:can ?n?['’]?t|can ?not|cnat|could ?n['’]?t|unable to|not able to|never able to|won['’]?t let (?:me|us|you|any\\w+))"
const EN_DO =
  '(?:hear|see|ac+es+|enter|get|do|find|make|receive|buy|order|book|withdraw|deposit|transfer|edit|save|delete|scroll|tap|click|type|export|import|print|share|invite|verify|authenticate|redeem|subscribe|cancel|change|load|log|logg?in|sign|view|watch|launch|install|queue|join|match|stream|cast|call|text|message|dm|tweet|post|comment|react|reply|search|browse|render|build|fetch|query|reach|ssh|ping|pay|push|pull|check|complete|finish|submit|place|process|open|use|play|listen|connect|send|upload|download|work|move|switch|add|even)'
const VERY =
  '(?:so+|super|really|rly|painfully|extremely|hella|insanely|ridiculously|mad|kinda|crazy|unbelievably|incredibly|fucking|freaking|stupidly|too|very|dead|glacially)'
const EN: Tongue = {
  trouble: [
    words(
      `${CANNOT} (?:even |seem to |to |actually |currently |now |just |get to )*${EN_DO}(?:ing)?`,
      "(?:wo ?n['’]?t|wont|does ?n['’]?t|doesnt) (?:even |actually |really )?(?:let|load|open|work|start|go|send|connect|respond|refresh|play|show|come|arrive|deliver|update|sync|save|stay|boot|launch|turn|charge|pair|print|answer|recogni[sz]e|react|register|accept|upload|post|wrok|wokr)(?: (?:me|us|up|through|on|in|at all|anymore|any more|right|properly))?(?! (?:back|to (?:the|school|work)|home|there|wrong|with|for it|as ))",
      "(?:do ?n['’]?t|dont|did ?n['’]?t|didnt|is ?n['’]?t|isnt|are ?n['’]?t|arent|aint|ain['’]t|not|no longer) (?:even |actually |really )?(?:load|open|work|send|connect|respond|refresh|arriv|deliver|updat|sync|launch|upload|wrok|wokr)(?:in|ing|ing['’]|s|ed|e)?",
      '(?:loadin|workin|openin|dwon|donw|brokn|borken|not wokring|errror|eror)',
      `${VERY} (?:slow|laggy|sluggish|buggy|glitchy|unresponsive|unstable|choppy|unreliable|broken|flaky)`,
      '(?:slow|laggy|sluggish|buggy|glitchy|unresponsive) (?:today|tonight|rn|right now|again|lately|this (?:morning|evening|afternoon)|as (?:hell|fuck|shit)|af|for (?:me|any\\w+|every\\w+))',
    ),
    words(
      '(?:keeps?|kept|keep on|always|constantly|continually) (?:getting |being )?(?:\\w+ )?(?:reject|declin|kick|disconnect|stuck|denied|deny|thr[oe]w|boot|log|crash|clos|freez|fail|buffer|restart|reload|time|timing|drop|sign|ask|error|skipp?|cutt?|glitch|refus|stopp?)(?:ing|ed|n|s)?',
      '(?:got|get|gets|getting|been|being|was|just|keep|randomly) (?:\\w+ )?(?:booted|kicked|logged out|signed out|locked out|thrown|disconnected|bounced|dropped|cut off|cut out|rejected|declined)',
      '(?:kick|boot|throw|thr[eo]w|log|toss|drop|sign|lock|send)(?:s|ed|ing|ged|ging|ped|n)? (?:me|us|you|people|every\\w+) (?:right )?(?:out|off|back|from|to the (?:login|start|cart|home))',
      'locked out|log(?:s|ging)? (?:me )?out|out of nowhere',
      '(?:white|blank|black|gr[ae]y|empty|frozen|blue) (?:page|screen|feed|inbox|window|box|square|void)s?',
      '(?:screen|page|feed|app|everything|video|site) (?:just )?(?:goes|went|is|stays|turns|turned) (?:all |totally |completely )?(?:black|white|blank|gr[ae]y|empty)',
      '(?:card|payments?|checkout|transactions?|bank|purchase|order|transfer)(?:s| \\w+| \\w+ \\w+| \\w+ \\w+ \\w+)? (?:rejected|declin\\w+|denied|fail\\w*|refused|bounc\\w+)',
      '(?:took|taken|charged|deducted|debited) (?:\\w+ )?(?:my )?(?:money|twice|double|card)|charged (?:me )?(?:twice|double)|nowhere to be (?:found|seen)',
      "(?:has|have|had) ?(?:n['’]?t|not) (?:\\w+ )?(?:budged|moved|updated|loaded|refreshed|arrived|gone through|come through|worked|synced|responded|shown up|been able to)",
    ),
    words(
      '(?:no ?body|no one|none of us|not a single (?:one|person)) (?:\\w+ ){0,4}(?:can|is able|gets|could|has been able)',
      '(?:any ?(?:one|body)|some ?(?:one|body)|y.?all|you guys|others?|people|folks) (?:\\w+ )?(?:able to|manag\\w+ to|having (?:trouble|issues|problems|this)|experienc\\w+|seeing (?:this|errors?|the same)|getting (?:this|errors?|the same))',
      '(?:am i|are we) the only|(?:only|just) me\\W*$|(?:is it|was it|it) (?:just )?(?:me|my (?:end|wi-?fi|internet|phone|side)) (?:or|\\?)|is it (?:just )?(?:me|us)\\b',
      "(?:not|down|out|dead|broken|offline|seriously|really|cmon|c['’]?mon|come on|ffs|ugh|wtf)[,!?. ]+(?:not )?again|again[ ?!]*[?!]{2}",
      '(?:second|third|fourth|fifth|\\d+(?:st|nd|rd|th)) (?:time|outage|crash|day) (?:this|in a|today|now|straight)',
      'one of (?:those|its|these) days|being (?:itself|stupid|dumb|weird|difficult|\\w{3,12}) again\\W*$|acting (?:up|weird|funny|strange|wonky)|having a (?:meltdown|moment|stroke)',
      '(?:one|single|1|grey) (?:tick|check ?mark)|clock icon|(?:red|exclamation) (?:exclamation|mark)',
      '(?:please |pls |plz )?come back (?:to us|please|online|pls|soon)|please come back',
      '(?:opens?|starts?|launches|loads) (?:\\w+ )?(?:then|and) (?:\\w+ )?(?:clos|crash|quit|die|shut|freez)\\w*',
      'clos(?:es|ed|ing) (?:\\w+ )?(?:right away|immediately|itself|instantly|by itself|on its own|straight away)',
      'never (?:\\w+ )?(?:shows?|arrives?|comes?|loads?|gets?|reach\\w*|came|got|arrived) (?:up|through|in|here|to me)|never (?:shows? up|arrives?|came)',
      '(?:servers?|site|app|api|internet|wi-?fi|service|system|network|everything) (?:is |are |\\w+ )?(?:toast|cooked|fried|dying|dead|struggling|melting|tanked|nuked|wonky|janky|fucked|hosed|kaput|gone|choking|overwhelmed)',
      "(?:we|i)['’]?(?:ll| will) be (?:right )?back(?: soon)?[\"”']|(?:just |only )?(?:spins|spinning)|spinner|beach ?ball|(?:loading|spinning) (?:wheel|circle|screen|forever|icon|dots)",
      'playing (?:just )?silence|dead silence|radio silence|(?:wi-?fi|internet|net|signal|service|power|data) (?:is |has |just )?(?:gone|out|down|dead|off)',
      '(?:log-?in|sign-?in|verification|captcha|redirect|reboot|boot|update|loading) loop|back to (?:the )?(?:start|login|square one)',
      "stuck|what(?:['’]?s| is|s) (?:going on|up|wrong|happening)\\W*$",
      'region (?:unavailable|locked)|try again later',
    ),
  ],
  fine: [
    words(
      "(?:mine|it|all|everything|here)(?:['’]s| is| are)? (?:up|up and running|ok|okay|fine|good|working|smooth)(?: (?:here|for me|on my end|in \\w+))?|(?:seems|looks) (?:ok|okay|fine|good|normal)|(?:load|work|open|play)(?:s|ing)? (?:\\w+ )?(?:here|for me|instantly|on my end)",
    ),
  ],
  recovery: [
    words(
      "back (?:for me|here|for us)|(?:it |that )?fixed itself|(?:it |\\w+ )?lives(?: again)?$|(?:i['’]?m |we['’]?re )(?:back )?in(?: now| again)?$|(?:finally|ok|okay) (?:back|working|up|loaded)|sorted (?:now|itself)|up and running again|(?:all|everything) (?:is )?(?:back|good) (?:now|again)",
    ),
  ],
  jest: [
    words(
      '(?:discover|found out|remember|learn|realiz|realis|notic)\\w* (?:that )?(?:i (?:have|own|had)|my (?:boss|kids|wife|husband|dad|mom|room|neighbou?rs?))',
      'i (?:have|got|had) (?:hobbies|kids|a family|a life|a wife|a husband)|plot twist|uptime than|sock drawer|reorgani[sz]ed|(?:my|the) boss (?:discover\\w*|thinks|knows)|had to (?:talk|speak) to|clean(?:ing|ed) my (?:room|kitchen|house|desk)',
    ),
  ],
  hearsay: [
    words(
      '(?:trip+ed|spill\\w*|unplug\\w*|pulled) .{0,25}(?:cord|cable|plug|server|coffee|switch)',
      '(?:heard|rumou?r\\w*|apparently|supposedly|allegedly|i bet|probably|prob|they say|my (?:cousin|friend|uncle|buddy|mate|bro)|word is|some guy|someone|somebody) .{0,60}(?:ddos\\w*|hackers?|hacked|on fire|fired|laid off|an intern|bgp|attack\\w*|certificate|pushed to|dropped (?:the|a) (?:table|database)|deleted (?:the|a))|(?:heard|rumou?r\\w*|apparently|supposedly|allegedly|they say|word is) .{0,60}(?:cables?|cord|fire|expired)',
      'pushed to prod|caught fire|on a friday deploy',
    ),
  ],
  news: [
    words(
      '(?:report:|probe|investigation|lawsuit|regulators?|watchdog|ombudsman|senators?|ministers?|fined|compensation|parliament) .{0,60}(?:outages?|disruptions?|downtime)',
      '(?:outages?|disruptions?|blackout) .{0,70}(?:traced|blamed|investigat\\w*|fined|lawsuit|finds|compensat\\w*|report|cost \\w+ \\$?\\d+|has been fixed|says|affecting \\w+ calls)',
    ),
  ],
  sale: [
    words(
      'sign up (?:today|now|here|free)|99\\.\\d+ ?% uptime|check out (?:my|our) (?:profile|page|bio|channel|link)|check my (?:profile|bio)|(?:we|i) (?:can )?(?:unlock|recover|restore) (?:any|your|lost|hacked|all)|whatsapp (?:us|me|him|her|\\+)|(?:recover|unlock|restor)\\w* (?:\\w+ ){0,3}accounts? .{0,50}(?:whatsapp|telegram|dm me|inbox me|in minutes)|contact (?:this|him|her|the) (?:guy|man|hacker|expert)|crypto signals|(?:use|with) (?:my )?(?:referral|promo) (?:code|link)',
    ),
  ],
  elsewhen: [
    words(
      '(?:if|when|whenever|every ?time|each time|until|unless) (?:this|it|that|they|\\w+|the (?:\\w+ )?\\w+) (?:ever |actually |just )?(?:goes|went|go|going|dies|died|crashed|breaks down|has an outage) ?(?:down|offline|out|dark)?(?: again)?',
      'imagine (?:if|when|this|a)|what (?:if|would (?:we|you|happen|i)|do (?:you|people|we) do (?:if|when))|(?:if|should) (?:\\w+ ){0,3}(?:ever|were to)|in case (?:\\w+ ){0,3}(?:goes|breaks)',
      '(?:who |any ?one )?(?:remember|remembers|recall) (?:when|the|that|back)|(?<!since )(?:last|the other) (?:year|month|summer|winter|spring|week)|back in (?:19|20)\\d\\d|in (?:19|20)\\d\\d|(?:years|months) ago|used to (?:go|be|crash|break)|(?:outage|crash) of (?:19|20)\\d\\d|the (?:great|big|infamous) (?:\\w+ )?(?:outage|crash)',
      '(?:blog ?post|tutorial|course|talk|paper|newsletter|podcast|essay|book|article|documentary|workshop|webinar|lecture) (?:on|about)|(?:just )?(?:shipped|refactored|open-?sourced)|never (?:go|goes|went|been) down|(?:quit|deleted|leaving|left|uninstalled|deactivated) (?:the |this |my )?(?:app|account|site|platform)? ?(?:for good|forever|last|and never)',
    ),
  ],
  harmless: [
    words(
      '(?:elevator|lift|escalator|train|bus|tram|metro|subway|flight|plane|ferry|traffic|fridge|dishwasher|zipper|knees?|legs?|hips?|eyes|cat|dog|baby|toddler|husband|wife|boyfriend|girlfriend|boss|landlord|waiter|dad|mom|mum|grandma) (?:in (?:my|our|the) \\w+ )?(?:is|are|was|were|has|have|got|gets|keeps?|just|won.?t|refuses to)? ?(?:been |just |\\w+ly )?(?:stuck|late|delayed|frozen|freezing|stalled|slow|broken|stopped responding|not responding|stopped working|dead|down|offline|crashed)',
      '(?:prices?|rents?|temps?|temperatures?|sales|shares?|numbers|rates|costs|weight|stocks?|crime|inflation|sun|blinds|curtains|tears|calm|deep|hands|thumbs|slow|break|sit|lie|lay|wind|settle|count|write|copy|let|talk|look|back|way|upside|coming|going|walk\\w*|run|running|driv\\w+|work\\w*|liv\\w+|stay\\w*|mov\\w+) (?:is |are |me |us |him |her |it )?down(?: (?:at|in|by|on|to|the|from|here|there|south|\\d+))|\\d+ ?(?:mbps |mb )?down[,/ ]+(?:and )?\\d+ ?(?:mbps |mb )?up|(?:i|we) (?:always |just )?(?:freeze|froze|crash|crashed|stalled|lag) (?:every|when|whenever|up when|on stage|at|twice|early|out)|(?:driving|eye|blood|pregnancy|math) (?:test|exam)|(?:the |my |an? )?(?:error|mistake|errors) (?:of (?:my|his|her|their) ways|in judg\\w+|to (?:think|open|read))|union|smart fridge',
      '(?:my|his|her|our|your) (?:brain|mood|head|heart|mind|body|motivation|energy|back|stomach|legs?|sleep schedule|social (?:battery|life)|love life|diet|memory) (?:is|are|feels?|went|has|goes|keeps?|just|totally|officially|currently) (?:\\w+ ){0,2}(?:down|offline|slow|slowing|broken?|dead|crash\\w*|lagg\\w*|buffering|frozen|froze|not working|out of order|glitch\\w*|fried|shut down|shutting down)',
      '(?:feeling|felt|feel|a bit|kinda|so|been) (?:so |really |a (?:bit|little) |very |kinda )?down(?: (?:today|lately|about|because))?',
      'crash(?:ed|ing)? (?:on|at|into) (?:the|my|a|his|her|their) (?:couch|bed|sofa|place|floor|house|party|wedding|wall|tree)|(?:car|plane|bike|train|market|stock|crypto|bitcoin|sugar|bus|helicopter) crash\\w*|crash course',
      'error (?:handling|correction|bars?|budgets?)|broken? (?:leg|arm|up|bones?|rib|toe|english|promises?)|(?:flight|train|bus)s? (?:is |was |got |are )?(?:delayed|cancel\\w*)',
      '(?:use|using|work\\w*|listen|watch|read|play|available|download\\w*|mode|it|this|them) (?:it |this |them )?offline(?! (?:for|again|since|all))|offline (?:mode|downloads?|use|maps?|play\\w*|viewing|access|support)',
      '(?:any ?one|any ?body|who) else (?:\\w+ )?(?:love|loves|loving|excited|like|likes|enjoy\\w*|think|thinks|hyped|watching|going|play|want|wants|miss)\\b',
      "(?:can['’]?t|cannot|couldn['’]?t|can not) (?:even )?(?:wait|believe|stop|recommend|get enough|imagine|say|lie|help but|live without|go wrong|be (?:happier|better)|get over|afford|decide|thank|tell you|do without|see why|find (?:a|any) (?:reason|fault))",
      "(?:not|does ?n['’]?t|do ?n['’]?t|wo ?n['’]?t|never) (?:work|go|come|send|start|show) (?:out|up) (?:for|at|to) (?:work|class|dinner|parties)|(?:not|never) (?:going|coming) (?:to|out|home|back to)|(?:i|we|you|he|she|they) (?:do|did) ?n['’]?t (?:work|go|play|come|send|start)(?! (?:through|anymore|at all))",
      'the only (?:one|person)s? (?:who|that) (?:\\w+ )?(?:loves?|likes?|thinks?|enjoys?|prefers?|hates?|miss(?:es)?|wants?|finds?|uses?|cares?)',
      '(?:just|is it) me,? or (?:is|are|does|do|has) .{0,40}(?:ugly|pretty|cute|better|nicer|prettier|worse|cheaper|expensive|beautiful|boring|logo|icon|colou?r|design|font)',
    ),
  ],
}

const ES: Tongue = {
  trouble: [
    words(
      '(circulito|ruedita|rueda|círculo|puntitos) (\\w+ )?(dando|girando|cargando|de carga)|dando vueltas|(me |nos )(bota|botó|tira|patea|expulsa|desloguea|cierra|saca|echa) (\\w+ ){0,3}(sesión|fuera|afuera|partida|juego|app|rato|cuenta|llamada|minutos)',
      '(no|n) (m|me|se|nos|les?|te) (\\w+ )?(abre|deja|carga|anda|funca|funciona|manda|env[ií]a|ve|ven|escucha|oye|conecta|actualiza|sube|baja|llega|entra|guarda|reproduce|mandan|cargan|envían|escuchan|oyen|acepta|toma|descarga|permite)\\w*',
      'xq no|(ni|no) figura|(la |mi )?tarjeta (\\w+ ){0,4}rechaz\\w*|rechazad[oa]s?|me la rechaza\\w*|(un|1) solo tick|solo tick|carga(ndo)? (infinit\\w*|eterna\\w*)|pantalla de carga|pantalla (\\w+ )?(negr|blanc)\\w*',
      '(soy|es) (el|la) únic[oa]|se (le |les )?cayo|cayeron|(ca[ií]d[oa]s?) (otra vez|de nuevo|desde|hace)|no (funca|jala|prende|agarra|rula|tira|chuta)( \\w+)?|(va|anda|está|esta) (\\w+ )?(como el (culo|orto)|para el orto|pésimo|horrible|lento|lenta)|qu[eé] lent[oa]|(me |nos )(cobraron|debitaron|descontaron) (\\w+ )?(dos|doble|igual|y)|bugead\\w+|buguead\\w+|crashe\\w+',
      '(no )?me lleg[aó] (el|la|ningún) (código|sms|correo|mail)|(a )?algui?en (más|mas|tiene problema\\w*|le pasa|con problema\\w*|sin)',
    ),
  ],
  fine: [
    words(
      '(me|nos) (anda|va|funca|jala) (\\w+ )?(bien|perfecto|normal|joya)|todo (ok|bien|joya|normal)|(entra|anda|carga) normal',
    ),
  ],
  recovery: [
    words(
      '(ya|por fin|listo|ahora|al fin)[, ]+((?!no |ni |tampoco |nadie )\\w+[, ]+){0,2}(volvió|dejó|anda|funciona|entró|entré|carga|abre|pude|abrió|regresó)(?! (mal|peor|lent\\w+))',
    ),
  ],
  jest: [
    words(
      '(descubr\\w+|conocí|me enteré|recordé) (que )?(a )?(tengo|mi familia|existo|mis (hijos|padres)|que existo)|mi jefe (descubr\\w+|se entera)',
    ),
  ],
  hearsay: [
    words(
      '(dicen|seguro|parece|me dijeron|al parecer|escuché|según dicen|capaz) (\\w+ ){0,6}(hacke\\w+|borr\\w+|quem\\w+|atac\\w+|ataque|cable|becario|emplead\\w+|pasante|incendi\\w+)|hackeo',
    ),
  ],
  news: [
    words(
      '(regulador|gobierno|ministerio|fiscalía|senado|sernac|profeco|osiptel|enacom|autoridad) (\\w+ ){0,8}(corte|caída|falla|apagón|interrupción)|(multa|sanciona|investiga|compensa\\w*) (\\w+ ){0,10}(corte|caída|falla|apagón|interrupción)|(deja|dejó) sin (\\w+ )?(servicio|internet|luz)',
    ),
  ],
  sale: [
    words(
      '(escr[ií]beme|cont[aá]ct\\w+|háblame) (al|por|en) (\\w+ )?(telegram|whatsapp|wsp|dm|inbox|privado)|vendo cuentas|cuentas premium|recuper(a|o|amos) (\\w+ )?cuentas?',
    ),
  ],
  elsewhen: [
    words(
      'si (se |esto |\\w+ se )(vuelve a )?(cae|caer|caen|cayera|rompe|rompiera)( \\w+){0,2}|si (vuelve|vuelven) a (caer\\w*|fallar)|(cada|toda) vez que (se )?(\\w+ )?(cae|caen)|cuando se (cae|caiga)|imag[ií]n\\w+ (que|si)|(se )?(acuerdan|recuerdan) (cuando|de)|(el|del) (año|mes) pasado|hace (un|dos|tres|\\d+) (años?|mes\\w*)|nunca se cae\\w*',
    ),
  ],
  harmless: [
    words(
      '(mi|el|un) (tren|bus|autobús|metro|vuelo|jefe|perro|gato|hijo|marido|novio|coche|ascensor) (\\w+ ){0,4}(retraso|tarde|parado|atascado|averiado|se (paró|estropeó|cayó))|se (me|le|nos) cae la (cara|baba|casa)|un error (lo )?(comete|tiene)|(el|mi) error (de|fue)|comet(í|er|o|e) (el|un) error|simulacro',
      '(estoy|ando|anda|sentirse|siento) (\\w+ )?ca[ií]d[oa]( de ánimo)?|(usar\\w*|jugar|escuchar|ver|modo) (\\w+ )?(sin (conexión|internet)|offline)|(me|se) cayó (bien|mal|encima)|ca[ií]da del (cabello|pelo|precio|dólar)',
    ),
  ],
}

const PT: Tongue = {
  trouble: [
    words(
      '(fui |foi |sendo )?derrubad[oa]|desloga\\w*|deslogou|(n|num|nao|não) (consigo|abre|carrega|entra|funciona|manda|envia|chega|loga|conecta|baixa|roda|atualiza)( \\w+)?|nem (\\w+ ){0,2}(rola|abre|carrega|entra|funciona|conecta)',
      '(site|app|internet|servidor|sistema|conexão|wifi) (\\w+ ){0,3}(lixo|bosta|merda|porcaria)|lentid[aã]o|lerd[oa]|demora\\w* (séculos|horas|demais|uma vida|uma eternidade)|(pix|dinheiro|valor|pagamento|saldo) (\\w+ ){0,6}(não|nao|n|nunca) (\\w+ )?(caiu|chegou|entrou|aparece|foi)|saiu da conta',
      '(é|e) só (comigo|eu|aqui)|só comigo|algo deu errado|o que (que )?(tá|ta|está) (\\w+ )?(rolando|acontecendo|havendo|pegando)|q (que )?(tá|ta) (acontecendo|rolando)|internet (\\w+ )?(caindo|oscilando|péssima|caiu|lenta)|(sumi(u|ram)|zerou|zerad\\w)|tudo (\\w+ )?(trav|parad|fora|caíd|lent|bugad)\\w*|alguém (\\w+ )?(com|tá com|tem) (\\w+ )?(problema\\w*|erro|dificuldade|tela)|oscilando|oscila\\w*|dando (ruim|erro|pau|bug)|cobr(ou|aram) (\\w+ )?(duas|dobrado|dupl\\w+)|crash\\w+|(sem|fiquei sem) (internet|sinal|luz|rede|conexão)',
    ),
  ],
  fine: [
    words(
      '(pra|para|p) mim (\\w+ )?(funciona|tá|está|normal|pega|abre)|(tá|está) (\\w+ )?(abrindo|pegando|rodando|normal) (\\w+ )?(de boa|normal|aqui|bem)',
    ),
  ],
  recovery: [
    words(
      'agora (entrou|abriu|consegui|pegou|voltou)|agora foi\\W*$|agora foi,|já consigo( \\w+)?|(gente |aqui )?voltou',
    ),
  ],
  jest: [words('descobri(r)? que (\\w+ )?(tenho|minha|meu|sogra|filhos|vizinh\\w+)( \\w+)?')],
  hearsay: [
    words(
      '(dizem|parece|deve ter sido|ouvi (dizer )?que|certeza que|disseram) (\\w+ ){0,6}(hack\\w*|ataque|apag\\w+|delet\\w+|incênd\\w+|cabo|estagi\\w+)',
    ),
  ],
  news: [
    words(
      '(procon|anatel|banco central|justiça|governo|idec|senacon) (\\w+ ){0,4}(notifica|multa|investiga|cobra|pede)\\w*|(falha|instabilidade|queda|apagão) (\\w+ )?(atinge|afeta|deixa|atingiu|registrada)',
    ),
  ],
  sale: [
    words(
      'vendo contas|chama no (zap|whats\\w*|direct|pv|dm)|ganhe (\\w+ )?(seguidores|dinheiro|r\\$)|recupero contas?',
    ),
  ],
  elsewhen: [
    words(
      'se (\\w+ ){0,2}(cair|caísse|travar|der pau|bugar)( de novo)?|(toda|cada) vez que (\\w+ ){0,3}cai|quando (\\w+ ){0,2}(cai|cair)|imagin\\w+ (se|que)|(lembra\\w*) (quando|daquela|de quando|do dia)|(no )?ano passado|mês passado',
    ),
  ],
  harmless: [
    words(
      '(meu|minha|o|a) (trem|ônibus|metrô|voo|chefe|cachorro|gato|filho|marido|namorado|carro|elevador|pai|mãe) (\\w+ ){0,3}(atrasad\\w|parad\\w|quebrad\\w|travad\\w|não responde)|(cometi|cometer|foi) (o|um) erro|(hoje )?(tô|estou|fico) fora do ar|igual (meu|minha) (pai|mãe|ex)',
      '(usar|jogar|ouvir|assistir|modo) (\\w+ )?(sem internet|offline)|caiu (bem|no gosto|a ficha|na risada)|queda de cabelo|não (\\w+ )?(cai|trava|dá problema) nunca',
    ),
  ],
}

const FR: Tongue = {
  trouble: [
    words(
      "tourn\\w+ (dans le vide|en rond|en boucle)|(chui|suis|j['’]suis) (le|la) seule? (\\w+)?|(partent|part|arrivent|passent|passe|marchent|chargent|fonctionnent|s['’]envoient|s['’]affichent|s['’]ouvre|s['’]envoie|répond|s['’]affiche|démarre|reçoivent) (\\w+ )?(pas|plus|rien|jamais)( \\w+)?",
      "en (rade|carafe|vrac|pls|galère)|se (ferme|coupe|vide|déconnecte|ferment|bloque|fige)(nt)? (\\w+ )?(tout\\w*|seul\\w*|sans|dès|au)|tout(e)?s? seule?s?|refusée?s?|introuvable|(plus|pas) accès|(ça|tout|trop|super|hyper|c['’]est) (\\w+ )?(lag|lags|rame|bug|bugue|bugge|lent|lente|buguée?)( \\w+)?|déco(s|nnectée?s?|nnecte)?|(pas|plus|aucun|toujours pas|jamais) (de |d['’]|le |reçu )?(\\w+ )?(sms|code|mail|réseau|son|connexion|réponse)( \\w+)?",
      "c['’]est moi ou|encore (\\w+ )?(un|une) (bug|panne|erreur|souci|plantage)|(j['’]|je )(arrive|peux|parviens) (\\w+ )?(pas|plus|rien)|(y a|il y a|avez|vous avez|quelqu['’]un a|quelqu['’]un) (\\w+ ){0,3}(souci|soucis|problème|problèmes|bug|bugs|galère)s?|crash\\w*|(débité|prélevé)e?s? (deux|2|en double)|(tout|c['’]est) (cassé|pété|mort|ko|kc)|(page|écran) (\\w+ )?(blanche?|noire?|vide|gris)|sans (internet|réseau|connexion)",
    ),
  ],
  fine: [
    words(
      "ça (passe|marche|roule|va) (\\w+ )?(crème|nickel|bien|chez moi|ici|à)|chez moi (ça|tout|c['’]est)( \\w+)?( (marche|ok|bon|va|fonctionne))?",
    ),
  ],
  recovery: [
    words(
      "c['’]est (revenu|rétabli|réglé|reparti|bon)|tout est rentré|(ça|c['’]est) (\\w+ )?(remarche|refonctionne|repart|reparti)|(ça )?(marche|fonctionne|passe) (à nouveau|de nouveau|enfin)",
    ),
  ],
  jest: [words("(découvert|réalisé|appris|retrouvé) (que )?(j['’]ai|j['’]avais|mes|mon|ma) (\\w+)?|machine à café")],
  hearsay: [
    words(
      "(il para[iî]t|apparemment|on dit|sûrement|para[iî]t|j['’]ai entendu) (\\w+[’' ]){0,7}(stagiaire|cyber\\w*|hack\\w*|pirat\\w*|débranch\\w*|incend\\w*|câble|supprim\\w*|licenci\\w*)",
    ),
  ],
  news: [
    words(
      "panne .{0,60}(ce que l['’]on sait|un mois après|indemnis\\w+|enquête|a touché|a affecté|a privé|a duré)|(enquête|arcep|cnil|ministre|gouvernement) .{0,60}panne",
    ),
  ],
  sale: [
    words(
      "contacte[zr]?[- ]moi (en|sur) (privé|mp|dm|whatsapp|telegram)|gagnez? (\\d+|de l['’]argent)|je débloque|lien en bio",
    ),
  ],
  elsewhen: [
    words(
      "si (ça|le|la|\\w+) (\\w+ ){0,3}(replante|plante|retombe|tombe|lâche)( \\w+)?|chaque fois que (\\w+ ){0,4}(plante|tombe)|quand (ça|c['’]est) (plante|tombe|en panne)|imaginez? (si|que|le jour)|(vous vous|tu te) (souvenez|souviens|rappelez|rappelles)|(l['’]an|l['’]année|le mois|la semaine) (dernière?|passée?)|il y a (un|deux|\\d+) (ans?|mois)|jamais en panne",
    ),
  ],
  harmless: [
    words(
      "(mon|le|ma|la) (train|bus|métro|vol|chef|chien|chat|fils|mari|voiture|ascenseur|couple) (\\w+ ){0,4}(retard|en panne|bloquée?|arrêtée?|tenu)|l['’]erreur est humaine|(fait|faire|commis|commettre) (l['’]|une |des )erreurs?|planté (des|un|une|mes) (tomates?|arbres?|fleurs?|salades?|graines?|\\w+s)|en vue? pendant",
      "(hors ligne|hors connexion|sans connexion) (\\w+ )?(possible|dispo\\w*|mode)|(mode|écouter|utiliser|jouer|lire) (\\w+ )?(hors ligne|hors connexion|sans connexion)|panne (d['’]essence|d['’]inspiration|de réveil|sèche)",
    ),
  ],
}

const DE: Tongue = {
  trouble: [
    words(
      'komm(e|t|en)? (\\w+ ){0,4}nicht (\\w+ )?(rein|drauf|durch|ins?|mehr|an|auf|weiter)|komm (\\w+ )?nicht rein|nur noch (\\w+ )?(ladekreis|kreis|weiß|schwarz|fehler\\w*)|(garnix|garnichts|übahaupt nix|nüscht)|hängt (\\w+ ){0,4}(in der luft|fest|seit)|fl(ieg|og)(e|t|en)? (\\w+ ){0,5}raus|nirgends (an|hin)|(so|mega|echt|voll|heute|ist das|arsch) (\\w+ )?(lahm|langsam|träge)\\w*|arschlahm',
      'ausgeloggt|(bin ich|bin i) (wieder )?(der|die) (einzige\\w*|einzigste\\w*)|schließt sich|(alles|wieder|komplett|total|mal|schon) (\\w+ )?(platt|tot|im eimer|am arsch|hinüber|im sack|down|offline|kaputt|lahm)|schon wieder (\\w+ )?(down|tot|platt|weg|offline|störung|ausfall|nicht|kaputt|aus)|läuft bei denen|geht (\\w+ )?(net|ned|nich|nimmer)|(funzt|funktioniert|klappt|tut|lädt|läuft|komm\\w*) (\\w+ ){0,3}(net|ned|nich|nimmer|nicht|nix)|(hat|habt|haben|gibt) (\\w+ ){0,4}(probleme|störung)( \\w+)?|(doppelt|zweimal) abgebucht|(karte|zahlung|überweisung) (\\w+ ){0,4}(abgelehnt|fehlgeschlagen|nicht|hängt)|(warte|wartet) (\\w+ ){0,5}(code|sms|mail|stunde\\w*)|crasht|gecrasht|freezt|buffert|laggt|verbuggt|(ständig|dauernd|immer wieder) (\\w+ )?(ausgeloggt|raus|abbr\\w+|fehler|weg|getrennt|abst\\w+)|bei jeder seite',
    ),
  ],
  fine: [
    words(
      '(bei (mir|uns)|hier) (\\w+ ){0,3}(flutscht|läuft|geht|funktioniert|klappt)( \\w+)?|im grünen bereich|flutscht',
    ),
  ],
  recovery: [
    words(
      "(jetzt|nun|endlich|läuft|geht|ah) (\\w+[, ]+){0,3}(gehts|geht['’]s|geht es|komme? ich|läuft) (\\w+ )?wieder(?! (nicht|nix|net|mal|nich))( rein)?|gehts wieder(?! (nicht|nix|net|mal|nich))|läuft wieder(?! (nicht|nix|net|mal|nich))|wieder (rein|drin)",
    ),
  ],
  jest: [
    words(
      '(familie|nachbarn|kinder|frau|mann) (\\w+ )?kennengelernt|hab ich hobb\\w+|plötzlich (hab|habe|hat|reden)\\w* (\\w+ )?(ich|man|alle)|(keller|wohnung|zimmer) aufgeräumt',
    ),
  ],
  hearsay: [
    words(
      '(angeblich|bestimmt|wohl|gehört|man munkelt|soll|vermutlich|sicher) (\\w+ ){0,7}(gelöscht|hack\\w*|angriff|kabel|praktikant\\w*|brand|brennt|gefeuert|gezogen)|hackerangriff',
    ),
  ],
  news: [
    words(
      'nach (dem|der|einem) (\\w+ ){0,3}(ausfall|störung|panne)|(kunden|nutzer\\w*) (\\w+ )?von (ausfall|störung)\\w* betroffen|teilt (\\w+ ){0,3}mit|legt (\\w+ )?(bericht|ursache)|bundesnetzagentur',
    ),
  ],
  sale: [
    words(
      'schreib(t)? mir (auf|per|bei) (whatsapp|telegram|insta\\w*)|(follower|konten) (günstig )?kaufen|günstige follower|konto gesperrt\\W+ich helfe',
    ),
  ],
  elsewhen: [
    words(
      'wenn (\\w+ ){0,4}(ausfällt|ausfiele|abstürzt|down (geht|ist|wäre)|zusammenbricht|platt ist)( \\w+)?|immer wenn (\\w+ ){0,3}(down|weg|ausfällt) (ist)?|stellt euch vor|was wäre,? wenn|(weißt du|wisst ihr|erinnert) (\\w+ )?(noch|euch)|(letztes|voriges) jahr|letzten monat|vor (zwei|\\d+) jahren|nie (down|ausgefallen|weg)',
    ),
  ],
  harmless: [
    words(
      '(auch )?offline (nutz\\w*|hör\\w*|les\\w*|spiel\\w*|modus|verfügbar)|(haar|verkehrs|strom von)ausfall|ausfallstraße|fehlerfrei|fehler (machen|gemacht|eingestehen)',
    ),
  ],
}

const ID: Tongue = {
  trouble: [
    words(
      '(ga|gak|g|ngga|nggak|tdk|kaga|gk|engga)? ?(gabisa|gakbisa|gbs)|(ga|gak|g|ngga|nggak|tdk|kaga|gk|engga|tidak) (bs|bisa|kebuka|masuk|nyambung|muncul|kekirim|jalan|respon\\w*|ngapa\\w*|ada sinyal)( \\w+){0,2}|muter[- ]?muter|muter2|(saldo|uang|duit|pulsa|kuota) (\\w+ )?(kepotong|terpotong|ilang|hilang|ga masuk|nyangkut)|nyangkut',
      'keluar sendiri|kepental|kena kick|ke-?kick|(ceklis|centang) (satu|1)|lelet\\w*|lemot\\w*|lag parah|layar\\w* (\\w+ )?(item|hitam|putih|blank|gelap)|ada (yg|yang) (\\w+ ){0,3}(ga|gak|gabisa|sama|ngalamin|juga|kena|error)( \\w+)?|kok (\\w+ ){0,3}(down|error|item|mati|lemot|lama|ga|gak|ngelag|gabisa|ilang)|sinyal\\w* (\\w+ )?(ilang|hilang|jelek|ampas|lenyap)|ampas|(kenapa|knp) (\\w+ ){0,4}(error|lemot|down|mati|gabisa)|(otp|kode|sms) (\\w+ ){0,3}(ga|gak|belum|blm|nggak) \\w+|(error|down|gangguan|mati|lemot|gagal|eror|trouble) (mulu|terus|lagi|nih|ya|bgt|banget|total|dah)',
    ),
  ],
  fine: [
    words('(di|punya|aku|gw|gue|tempat)\\w* (\\w+ ){0,3}(lancar\\w*|aman|normal|bisa)( \\w+)?|lancar2|lancar-lancar'),
  ],
  recovery: [words('(udah|sudah|udh|dah|akhirnya|alhamdulillah) (\\w+ )?(bisa|normal|pulih|lancar|bener)( \\w+){0,2}')],
  jest: [
    words('(akhirnya|jadi) (gw|gue|gua|aku|bisa)? ?(mandi|tidur|produktif|belajar|ngobrol|bersih\\w*)|jadi produktif'),
  ],
  hearsay: [
    words(
      '(katanya|konon|denger\\w*|kayaknya|dengar|gosipnya) (\\w+ ){0,6}(hack\\w*|hapus|kabel|kebakar\\w*|serang\\w*|karyawan|dipecat|bobol)',
    ),
  ],
  news: [
    words(
      '(ombudsman|kominfo|komdigi|ojk|pemerintah|dpr|ylki) (\\w+ ){0,4}(minta|panggil|denda|selidiki|tegur)|ini penjelasan\\w*|keluhkan (\\w+ )?(gangguan|down)|(bulan|pekan|minggu|tahun) lalu',
    ),
  ],
  sale: [words('minat (wa|dm|chat|japri|pm)|jasa (\\w+ )?akun|jual (\\w+ )?(followers|akun)')],
  elsewhen: [
    words(
      '(kalau|kalo|klo|jika|seandainya|misal) (\\w+ ){0,3}(down|mati|tumbang|error) (lagi|seminggu|sehari)|(tiap|setiap) (kali )?(\\w+ )?(down|tumbang) |inget (gak|nggak|ga)|pernah (down|tumbang)',
    ),
  ],
  harmless: [words('(ga|gak|nggak|tidak) (pernah )?(error|down|lemot|lag)')],
}

const CANNOT_JA =
  '(?:送れ|見れ|見られ|入れ|開け|開か|動か|届か|繋がら|つながら|使え|反応し|表示され|読み込ま|読み込め|更新され|終わら|進ま|進め|聞け|聞こえ|映ら|でき|出来|払え|押せ|ログインでき|出|来|再生され|落とせ|買え|遊べ|戻ら|通ら|受け取れ|起動し)'
const JA: Tongue = {
  trouble: [
    `${CANNOT_JA}(?:ん(?!で|だ(?:よ|ね)?か)|ねえ|ねぇ|へん|ひん|ない|ません|なかった|ねー|なく(?:なっ|て))|(?:でき|出来|つなが|繋が)(?:にくい|づらい)`,
    '止まり?まく|(?:画面|映像|動画|アプリ|ページ|サイト|ゲーム).{0,6}(?:真っ|白い|黒い|暗い|固ま|止ま|消え|落ち)|(?:送信|接続|読み込み|ロード|処理|ダウンロード)中(?:のまま|…|\\.\\.|から|で止|ばっか)|(?:ずっと|いつまでも|永遠に|延々|さっきから).{0,8}(?:中|のまま|ぐるぐる|くるくる|真っ)|落ちてん|落ちとる|落ちちゃ|鯖落ち|鯖(?:が)?(?:死|重)|死んでん',
    '(?:決済|支払い?|送金|ログイン|認証|接続|投稿|送信|購入|課金|チャージ|通信|読み込み).{0,4}(?:できな|失敗|エラー|弾|通らな|不可|拒否|不良|不能)|弾かれ|はじかれ|蹴られ|追い出|強制ログアウト|勝手に(?:ログアウト|終了|閉じ|落ち|切れ)|(?:うち|俺|私|自分|ワイ|わい|僕|こっち|あたし)だけ|おま環|他に(?:も)?(?:いる|いま|同じ)|(?:激|クソ|くそ|鬼|バチクソ)(?:重|遅)|重す|なんか(?:変|おかし)|調子(?:が|も)?(?:悪|わる|おかし)|バグって|バグっ|イカれ|逝って|カクカク|ラグ(?:い|す|が|ひど)',
    words(
      '(tsunagaranai|tsukaenai|hairenai|ugokanai|mirenai|ochi(teru|ta)|dekinai|hirakenai|okurenai|omoi ?sugi\\w*|shougai|fuguai)',
    ),
  ],
  fine: ['サクサク|快適に|普通に動|こっちは(?:動|使え|問題)'],
  recovery: [
    '(?:お|あ|やっと|よし)?[、!！ ]?(?:つながった|繋がった|入れた(?!の)|開けた|動いた|できた[！!]|見れた)|回復し|使えるようになった',
  ],
  jest: [
    '(?:掃除|勉強|仕事|睡眠|家事).{0,4}(?:はかどる|捗る|進む)|おかげで.{0,10}(?:寝れ|寝られ|早く|勉強)|家族と(?:話|会話)',
  ],
  hearsay: [
    '(?:社員|新人|誰か|中の人|バイト).{0,10}(?:抜い|消し|落とし|コケ|蹴)|(?:攻撃|火事|火災|ケーブル|ハッカー|クビ|解雇|ハック).{0,12}(?:らしい|だって|とか|かも|噂|だろ)',
  ],
  news: [
    '行政指導|総務省|金融庁|(?:昨年|去年|先月|先週)の.{0,8}(?:障害|トラブル)|報告書|\\d+万(?:人|件|世帯)|お詫び|補償|会見',
  ],
  sale: ['(?:フォロー|RT|リツイート|いいね).{0,10}抽選|月\\d+万|DMで(?:詳細|連絡)|プロフ(?:の)?リンク'],
  elsewhen: [
    '(?:また)?落ちたら|もし.{0,12}(?:落ち|止ま|障害)|落ちる(?:たび|と)|(?:前に|昔).{0,6}落ちた(?:時|とき|な)|去年|昨年|先月',
  ],
  harmless: [
    '(?:猫|犬|子供|旦那|嫁|母|父|上司|彼氏|彼女).{0,12}(?:固ま|止ま|落ち|無言|動か)|(?:振り返り|反省会|訓練|勉強会|講演)',
    '(?:体|気|荷|頭|足|腰|口|責任)(?:が|も|は)?重|(?:電車|バス|飛行機|車|雨|涙|時計).{0,4}(?:止ま|遅れ|動か)|(?:恋|眠り|ため息|成績|体重|点数|気分).{0,3}落ち|我慢でき|納得でき|仕方な|しか(?:勝|た)たん|出来(?:が|の)',
  ],
}

const ZH: Tongue = {
  trouble: [
    '(?:一直|老是|总是|始终|一直都)(?:显示|提示|停|卡)?(?:在)?(?:加载|连接|错|异常|失败|转|闪退|掉线)|加载中|扣(?:了)?(?:我的)?(?:钱|款|费)|没到账|订单(?:没|不见|消失)|(?:但是|却)(?:订单|东西)没|进不|点不|慢死|有人(?:跟我|和我)(?:一样|也)|拉胯|打不通|(?:登|发|玩|刷|连|点|收|打|看|听|传|下|用|上|付|扫|搜|听|播)不(?:了|上|进|去|开|出|到|动|通)',
    '當機|當掉|掛了|掛掉|斷線|登不進|打不開|連不上|轉圈|無法|壞掉|沒反應|載入(?:中|不|失敗)|崩潰|閃退|收不到|進不去|出錯|錯誤|付款失敗|怎麼(?:回事|又)|是不是(?:又)?(?:崩|挂|掛|炸|断)|啥(?:情况|毛病)|只有我|就我一个',
  ],
  fine: ['秒开|我(?:这|這)(?:边|邊|里|裡)?.{0,4}(?:正常|没问题|沒問題|可以|秒)|没毛病'],
  recovery: ['恢復|(?:又|终于|終於)(?:能|可以|好)'],
  jest: ['正好(?:睡觉|下班|休息|摸鱼)|摸鱼|提前下班'],
  hearsay: ['(?:听说|聽說|据说|八成|估计|传言|好像是).{0,15}(?:黑|攻击|删库|着火|起火|光缆|裁员|员工|实习|机房)|删库'],
  elsewhen: [
    '(?:如果|要是|万一|假如).{0,10}(?:崩|挂|宕|断)|每次(?:一)?(?:崩|挂)|(?:去年|上个月|上次).{0,10}(?:崩|挂|故障|宕)|还记得',
  ],
  harmless: [
    '(?:地铁|公交|火车|高铁|飞机|航班|电梯|老板|孩子|猫|狗).{0,4}(?:晚点|延误|停|卡|坏|迟)',
    '(?:从不|从来不|不会|没有?)(?:崩|卡|掉线|闪退)|崩(?:铁|坏|壞)|股(?:市|票).{0,4}崩|心态.{0,2}崩|(?:只有|就)我(?:一个(?:人)?)?(?:觉得|喜欢|认为|还在)|卡(?:片|路里|通|包|号)',
  ],
}

export const EVERYDAY: readonly Tongue[] = [EN, ES, PT, FR, DE, ID, JA, ZH]
