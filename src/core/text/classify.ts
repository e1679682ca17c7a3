import { isExposure, isTakeover } from './first-hand.js'
import { any, words } from './words.js'

/**
 * What a short public text says, by words in many languages. Plain on purpose: the classes decide how much a text may weigh,
 * never whether something is true. What people themselves see or lost ("I can see somebody else's chats", "somebody changed my
 * password") is told from hearsay ("was it hacked?").
 */
export type TextClass = 'exposure' | 'takeover' | 'quality' | 'rumour' | 'ok' | 'spam' | 'joke' | 'complaint' | 'other'

const SALE = any(
  words('vpn', 'free followers', '\\d+ ?% off', 'giveaway', 'promo code', 'airdrop', 'onlyfans', 'follow for follow'),
  words('earn (money )?(from home|online)', 'work from home and earn'),
)
const HEARSAY = any(
  words('hack(ed|ers?|ing)?', 'cyber ?-?attacks?', 'ddos', 'ransomware', 'breach(ed|es)?', 'attackers?'),
  words('hackead[oa]s?', 'ciberataque', 'ataque', 'piratage', 'piraté', 'gehackt', 'взлом*', 'хакер*'),
  '黑客|被黑|ハッキング|해킹',
  words('(overloaded|caused|taken down) by', 'because of (the )?(new|launch)'),
)
const QUALITY = any(
  words(
    'worse (answers?|than|since)',
    '(much|far|noticeably|way) worse',
    'quality (has )?(dropped|went|is (bad|terrible|awful))',
  ),
  words(
    '(poor|bad|low|terrible) quality',
    'nonsense',
    'gibberish',
    '(garbage|wrong|useless|stupid) (answers?|repl(y|ies)|output)',
    'hallucinat*',
  ),
  words('ignores? (half|my|the)', '(random|odd) .{0,20}characters', 'lazy', 'dumb(er)?', 'forgets? what i'),
  words('peor(es)?', 'schlechter', 'pires?', 'pior(es)?', 'peggio', 'slechter', 'хуже'),
  '变笨|质量|バカに',
)
const FINE = any(
  words(
    'works? (fine|ok|okay|for me|here|again|perfectly)',
    'working (fine|ok|okay|for me|again|now)',
    'back (up|online)',
    '(is|are) fine',
  ),
  words('no (problems?|issues?) (here|for me|with)', 'all good here', 'fixed (now|for me)'),
  words(
    '(me )?funciona (bien|otra vez|de nuevo)',
    'me funciona',
    'geht (wieder|bei mir)',
    'läuft (wieder|bei mir)',
    'fonctionne (bien|à nouveau)',
  ),
  words(
    'marche chez moi',
    'voltou',
    'está normal',
    'funziona (bene|di nuovo)',
    'werkt (weer|bij mij)',
    'снова работает',
    'работает нормально',
    'udah bisa',
  ),
  '正常|又可以用|恢复了|復旧|直った|잘 ?돼|잘 ?되',
)
const LAUGH = any(
  words(
    'own brain',
    'think for myself',
    'staring at',
    'productivity',
    'lol',
    'lmao',
    'touch grass',
    'guess i (have|need|will)',
    'memes?',
  ),
  words('my cardio', 'rip my', 'took the (day|afternoon|morning) off', 'suddenly talks?', 'go outside'),
  '😂|🤣',
)
/** What looks like trouble and is not: taken out before trouble is looked for. */
const HARMLESS = new RegExp(
  [
    words(
      "can['’]?(no)?t complain",
      "(can['’]?t|cannot) (wait|believe|stop|recommend|get enough|imagine|say)",
      'no complaints?',
    ),
    words(
      'no (more )?(errors?|problems?|issues?|outages?)',
      'not (down|broken|an? (outage|error))',
      'without (any )?(errors?|problems?|issues?)',
    ),
    words(
      '(up ?side|sit|sat|lie|calm|calming|slow|settle|write|wrote|boil|get|got|getting|going|goin|fall|falling|fell|hand|tie|narrow|track|hunt|cut|tone|turn|turned|let (me|you|us)|look|come|coming|way|deep|town) down(,? down){0,9}',
    ),
    words(
      'down,? down',
      'down (to earth|under|payment|the (road|street|line|aisle|river|hill)|with|on|in the|by the|memory lane|low|side|town|vote\\w*)',
    ),
    words(
      'never (fails?|goes down|breaks)',
      'heart ?(is |was )?broken',
      'broken (heart|wings?|dreams?|record)',
      'stuck (on|with) you',
      'no tuve problemas',
      'sin (ninguna )?ca[ií]das?',
    ),
  ].join('|'),
  'giu',
)
const TROUBLE = any(
  words(
    'down',
    '(went|gone) dark',
    'offline',
    'outages?',
    'errors?',
    'error *',
    'fail(s|ed|ing|ures?)?',
    'timing out',
    'time[ds]? ?outs?',
    'unavailable',
  ),
  words(
    "(won['’]?t|wont|does ?n['’]?o?t|not|isn['’]?t|can ?n?['’]?o?t|couldn['’]?t|unable to) (even )?(load|work|open|send|connect|respond|log|sign|access|use|reach|start|get (in|into|on)|auth\\w*|do anything|play|upload|download|refresh)(ing|s)?",
  ),
  words(
    "(can ?not|can[’']?t) (\\w+ )?(access|log|load|open|use|connect|reach|sign|send|play)\\w*",
    'stopped (working|responding|loading)',
    'nothing (loads|works|happens)',
    'does nothing',
  ),
  words(
    'broken',
    'stuck',
    'crash(es|ed|ing)?',
    'glitch(es|ed|y|ing)?',
    'overloaded',
    'at capacity',
    'something went wrong',
    'anyone else',
    'who else',
    'same (issue|problem|error)s?( here)?',
    'keeps? (failing|crashing|loading|spinning)',
    'me too',
    'same (here|for me|in \\w+)',
    'here (too|as well)',
  ),
  words('[45]\\d\\d(s| error)?'),
  words(
    'ca[ií]d[oa]',
    '(se|ha) ca(yó|ído)',
    'no (me )?(funciona|deja|carga|anda|abre|conecta|responde)',
    'no puedo (usar|entrar|acceder|abrir)',
    '(da|sale|dando) (un )?error',
    'sin servicio',
    'fallando',
    'falla',
  ),
  words('fora do ar', 'caiu', 'não (carrega|funciona|abre|consigo|entra|conecta)', 'dando erro', 'erro'),
  words(
    'en panne',
    'ne (répond|marche|fonctionne|charge)( plus| pas)?',
    "impossible d['’](utiliser|accéder|ouvrir|entrer)",
    'erreurs?',
    'bugu?é?',
  ),
  words(
    'geht (nicht|nix)',
    'hier nicht',
    'gestört',
    '(störung|ausfall|fehlermeldung)(en)?',
    'funktioniert nicht( mehr)?',
    'lädt nicht( mehr)?',
    'down bei',
  ),
  words(
    'non (funziona|va|carica|risponde)',
    'è giù',
    'errori',
    'doet het niet( meer)?',
    'werkt niet( meer)?',
    'storing(en)?',
    'fouten',
  ),
  words(
    'leállt',
    'nem (működik|megy|tölt)',
    'hibát? ?(ad|üzenet)?',
    'nie (działa|ładuje|otwiera)',
    'awari(a|i|ę)',
    'błęd(y|ów)',
    'fungerar inte',
    'ligger nere',
    'virker ikke',
    'ei toimi',
  ),
  words(
    'çök(tü|müş)',
    'çalışmıyor',
    'açılmıyor',
    'hata (veriyor|verdi|alıyorum)',
    'не (работает|грузит|открывается|загружается)',
    'сбой',
    'лежит',
    'упал[аио]?',
    'ошибк*',
    'не працює',
  ),
  words(
    '(tidak|gak|ga|nggak|tak) bisa',
    '(di)?buka (aja )?gak',
    'gangguan',
    '*error terus',
    'lemot',
    'lelet',
    'ngelag',
    'sinyal(nya|mu)? (\\w+ )?(jelek|hilang)',
    'jelek banget',
    'không (vào|dùng|hoạt động)*',
    'bị lỗi',
    'hindi gumagana',
  ),
  'काम नहीं|नहीं चल|बंद है|एरर|کام نہیں|نہیں چل|بند ہے|معطل|لا يعمل|لا تعمل|עובד לא|לא עובד|ใช้ไม่ได้|ล่ม',
  '不能用|用不了|打不开|连不上|登不上|登录不了|崩|挂了|故障|宕机|抽风|抽了|落ち|障害|つながらない|繋がらない|使えない|エラー|안 ?돼|안 ?되|안됨|장애|오류|먹통|접속 ?불가',
)

/** The class of one text; O(length). Texts in no known language are `other`. */
export function classify(text: string): TextClass {
  if (SALE.test(text)) return 'spam'
  if (isExposure(text)) return 'exposure'
  if (isTakeover(text)) return 'takeover'
  if (HEARSAY.test(text)) return 'rumour'
  if (LAUGH.test(text)) return 'joke'
  if (TROUBLE.test(text.replace(HARMLESS, ' '))) return 'complaint'
  if (FINE.test(text)) return 'ok'
  return QUALITY.test(text) ? 'quality' : 'other'
}
