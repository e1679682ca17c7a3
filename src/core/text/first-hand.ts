import { any, words } from './words.js'

/**
 * What people tell of their own data and accounts. Two kinds, each in the first person: the writer sees what is another's (exposure),
 * or another uses what is the writer's (takeover). Hearsay and questions about the service ("was it hacked?") are neither, and a
 * complaint that mentions other people ("other people can't open their chats either") is not: what is another's must be named as
 * another's.
 */

const PRIVATE_NOUN =
  '(?:chats?|conversations?|histor(?:y|ies)|messages?|invoices?|bills?|cards?|names?|e-?mails?|mails?|accounts?|data|profiles?|photos?|pictures?|orders?|files?|docs?|documents?|titles?|address(?:es)?|numbers?|details|info(?:rmation)?|payments?|prompts?|projects?|inbox|playlists?|calendars?|contacts?)'
const OTHER_PERSON =
  '(?:some(?:body|one)|(?:an)?other|different|random|complete|total) ?(?:else|people|persons?|users?|customers?|guys?|strangers?|clients?|folks?|members?)|strangers?'

/** What belongs to somebody else, named as such. */
const THEIRS = any(
  words(
    `(?:${OTHER_PERSON})(?:['’]s|s['’]|['’]|s) (?:\\w+ ){0,2}${PRIVATE_NOUN}`,
    `(?:another|different) (?:user|customer|person|client|member) ${PRIVATE_NOUN}`,
    `${PRIVATE_NOUN} (?:\\w+ ){0,2}(?:of|from|by|for|belong(?:s|ing)? to) (?:an? )?(?:\\w+ )?(?:${OTHER_PERSON})`,
    `${PRIVATE_NOUN}\\b.{0,40}(?:(?:is|are|was|were)(?:n['’]?t| not)|not) (?:even )?mine`,
    `not my (?:own )?${PRIVATE_NOUN}`,
    `${PRIVATE_NOUN}\\b.{0,25} (?:i|we) (?:never|did ?n['’]?o?t) (?:start|started|wr[io]te|written|create|created|upload|uploaded|order|ordered)`,
  ),
)
const SIGHT = any(
  words(
    'see|sees|seeing|seen|saw|reading|shows?|showing|shown|displays?|displaying|appears?|appeared|appearing|belongs?',
    "there (?:is|are)|there['’]s|why (?:is|are|do|does|am)|(?:in|on|under|into|inside) (?:my|our)|on (?:this|the) page",
    "instead of (?:mine|my|our)|(?:i|we|i['’]ve|i just) (?:have|got|get|received|found|opened|had)|(?:gives?|gave|sent|sends|opens?|loads?) (?:me )?",
    'contains?|getting|received|instead',
  ),
)
/** Let in as another person. */
const AS_ANOTHER = any(
  words(
    `(?:i|i['’]m|i am|we|it|me|am|app|site)\\b.{0,20}(?:logged|signed|logs|signs|log|sign)(?: me)? ?in(?:to)? (?:as|to|with) (?:an? )?(?:\\w+ )?(?:${OTHER_PERSON})`,
    `(?:logged|signed|logs|signs)(?: me)? ?in(?:to)? (?:as )?(?:${OTHER_PERSON})(?:['’]?s)? account`,
  ),
)
/** The other languages name the person, the thing and the writer. */
const OTHERS = any(
  words(
    'otra persona',
    'de otr[oa]s?',
    'ajen[oa]s?',
    'outra pessoa',
    'de outr[oa]s?',
    "d['’]?autres?",
    "quelqu['’]un d['’]autre",
  ),
  words(
    'fremde[rnsm]?',
    'ander(er|en|e) (nutzer|leute|person)(s|n)?',
    'altra persona',
    'altri utenti',
    'iemand anders',
    'orang lain',
  ),
  '别人|他人|其他人|他の人|다른 사람|किसी और|شخص آخر|أشخاص آخرين|غيري',
  words('чуж(ие|ой|ая|их|ое)'),
)
const PRIVATE = any(
  words(
    'historial',
    'chats?',
    'conversa*',
    'nachricht*',
    'verlauf',
    'historique',
    'datos',
    'dados',
    'daten',
    'données',
    'konto',
    'cuenta',
    'conta',
    'compte',
    'dati',
    'gegevens',
    'akun',
    'pesan',
    'riwayat',
    'messages?',
    'mensajes?',
    'mensagens',
    'factura',
    'fatura',
    'facture',
    'rechnung*',
  ),
  '对话|聊天|记录|账单|账号|履歴|アカウント|メッセージ|채팅|계정|चैट|संदेश|محادثات|رسائل|حساب|بيانات',
  words('чат(ы|ов)?', 'переписк*', 'данн(ые|ых)'),
)
const SEES = any(
  words(
    'i',
    'my',
    'mi',
    'mis',
    'me',
    'veo',
    'vejo',
    'vendo',
    'aparecen?',
    'aparecem',
    'meu',
    'minha',
    'mon',
    'ma',
    'mes',
    'je',
    'ich',
    'mein(e[nmrs]?)?',
    'mir',
    'mio',
    'mia',
    'vedo',
    'ik',
    'mijn',
    'saya',
    'aku',
    'gue',
    'muncul',
  ),
  '我|私|僕|自分|表示され|見え|내|나는|보여|보이|मुझे|मेरे|मेरी|أرى|ارى|عندي|حسابي|لي',
  words('я', 'мне', 'мой', 'моём', 'моем', 'меня', 'мои', 'вижу', 'у меня'),
)
/** Told by others, or asked: not the writer's own. */
const HEARD = any(
  words(
    '(i )?heard',
    '(i )?read (that|about)',
    'rumou?rs?',
    'is it true',
    'apparently',
    'people (say|are saying)',
    'they say',
    'allegedly',
    'supposedly',
    'data ?cent(er|re)',
    'on the news',
    '(dicen|dizem|dicono) que',
    'es cierto',
    'angeblich',
    'gehört dass',
    'il paraît',
    'katanya',
  ),
  '听说|據說|据说|らしい|소문|सुना है|يقولون|говорят',
)

/** A question is not an account of anything: "is my account hacked?", "are other people's chats loading?". */
const ASKED = any('^\\W*(is|are|was|were|has|have|do|does|am i|did|could|can|what if)\\b[^.!?]*\\?')
/** But "is it normal that I see …?" is one. */
const I_SEE = any(words("(i|i['’]m|we|my|me)\\b.{0,20}(see|seeing|saw|shows?|got|getting)"))

export const isExposure = (text: string): boolean =>
  ((THEIRS.test(text) && SIGHT.test(text) && (!ASKED.test(text) || I_SEE.test(text))) ||
    AS_ANOTHER.test(text) ||
    (OTHERS.test(text) && PRIVATE.test(text) && SEES.test(text))) &&
  !HEARD.test(text)

const ACCESS_NOUN =
  '(?:account|profile|log-?in|password|passcode|pin|e-?mail|mail|inbox|phone|number|address|card|wallet|balance|channel|page|2fa|settings|name|data|credits|subscription|api keys?|keys?)'
const TAKEN =
  '(?:hack(?:ed)?|hijacked|stolen|taken over|compromised|breached|broken into|accessed by|cloned|drained|emptied|sold)'
const INTRUDER =
  '(?:some(?:one|body)(?: else)?|strangers?|an? (?:\\w+ )?(?:stranger|hacker|attacker|scammer|thief|person)|hackers?|scammers?)'
const NOT_ME =
  "(?:(?:was|is|it['’]?s|were) ?n['’]?o?t (?:me|mine|us)|not (?:by )?me|without (?:me|my|asking)|(?:i|we) (?:never|did ?n['’]?o?t))"
const DEED =
  '(?:purchases?|charges?|orders?|transfers?|payments?|withdrawals?|posts?|messages?|e-?mails?|log-?ins?|sessions?|devices?|sign-?ins?|codes?|subscriptions?|transactions?|api calls?|usage)'
const NOT_MINE =
  "(?:i|we)(?: have|['’]ve)? (?:never|did ?n['’]?o?t|do ?n['’]?o?t) (?:\\w+ )?(?:makes?|made|place[ds]?|authori[sz]ed?|request(?:ed)?|ask(?:ed)?|do|did|done|owns?|know|recogni[sz]e|sen[dt]|wr[io]te|written|order(?:ed)?|bought|buy|use[ds]?|start(?:ed)?)"

const TAKEOVER = any(
  words(
    `(?:my|our) (?:\\w+ )?${ACCESS_NOUN}s?(?: (?:was|is|were|are|got|gets|has|have|had|just|been|being|also|now|completely)){1,4} ${TAKEN}`,
    `(?:had|got|have) (?:my|our) (?:\\w+ )?${ACCESS_NOUN}s? ${TAKEN}`,
    `(?<!(?:can|could|would|will|should|may|please|have|need|let|if|does|did) )${INTRUDER}(?: \\w+){0,3}? (?:logged|signed|got|broke|hacked|took|changed|accessed|using|uses|used|stole|has|entered|bought|spent|reset|drained|emptied|hijacked)(?: \\w+){0,4}? (?:my|our) (?:\\w+ )?${ACCESS_NOUN}s?`,
    `(?:my|our) (?:\\w+ )?${ACCESS_NOUN}s?\\b.{0,30}(?:changed|reset|replaced|removed|swapped)\\b.{0,40}${NOT_ME}`,
    `(?:hack(?:ed|ers?)|hijacked|stole|broke) (?:in)?(?:to )?my (?:\\w+ )?${ACCESS_NOUN}s?`,
    `${DEED}\\b.{0,40}${NOT_MINE}`,
    `(?:i|we) (?:never|did ?n['’]?o?t) (?:make|made|place[ds]?|authori[sz]ed?|request(?:ed)?|ask(?:ed)? for|order(?:ed)?) (?:\\w+ ){0,3}${DEED}`,
    `(?:log-?ins?|sign-?ins?|sessions?|devices?|access)\\b.{0,50}(?:never been|(?:was|is|it['’]?s|were) ?n['’]?o?t (?:me|mine|us)|not me|unknown (?:device|location|city|country)|not my (?:device|city|country))`,
    `(?:mine|my account|my profile) (?:is|was|keeps) (?:posting|sending|messaging|spamming)`,
  ),
  words(
    'me (hackearon|robaron|han (hackeado|robado)) (la|mi) (cuenta|contraseña)',
    '(alguien|un desconocido|un hacker) .{0,30}(mi|mis) (cuenta|contraseña|correo|perfil|tarjeta)',
    '(cambiaron|robaron|hackearon) (mi|la) (cuenta|contraseña|correo|clave)',
    '(compras|cargos|pedidos|pagos) que (yo )?no (hice|he hecho|autoricé|reconozco)',
    '(alguém|um (estranho|hacker|golpista)) .{0,30}(minha|meu) (conta|senha|e-?mail|perfil|cartão)',
    '(invadiram|hackearam|roubaram|clonaram|trocaram) (a )?(minha|meu) (conta|senha|perfil|e-?mail)',
    '(compras|cobranças|pedidos) que (eu )?não (fiz|autorizei|reconheço)',
    "(quelqu['’]un|un (inconnu|pirate)) .{0,30}(mon|ma) (compte|mot de passe|adresse|profil|carte)",
    "(mon|ma) (compte|profil|mot de passe) (a été|s['’]est fait) (piraté|volé|changé|hacké)e?",
    "(achats?|paiements?|commandes?) que je n['’]ai (pas|jamais)",
  ),
  words(
    '(jemand|fremde|ein (hacker|fremder)) .{0,30}mein(em|en|e)? (konto|passwort|account|profil|e-?mail*|karte)',
    'mein (konto|account|profil|passwort) (wurde|ist) .{0,12}(gehackt|gestohlen|übernommen|geändert)',
    '(käufe|bestellungen|abbuchungen),? die ich (nicht|nie)',
    '(qualcuno|uno sconosciuto|un hacker) .{0,30}(mio|mia) (account|password|conto|profilo|carta)',
    "mi hanno (hackerato|rubato|cambiato) (l['’] ?account|il (profilo|conto)|la password)",
    '(iemand|een (hacker|vreemde)) .{0,30}mijn (account|wachtwoord|profiel|kaart)',
    'mijn (account|profiel) (is|werd) (gehackt|gestolen|overgenomen)',
    'akun (saya|aku|ku|gue|gw) (\\w+ )?(di ?)?(hack|bajak|retas|bobol|curi)*',
    'akun(ku|gue) (\\w+ )?(di ?)?(hack|bajak|retas|bobol|curi)*',
    '(ada yang|orang lain) (masuk|login) (ke )?akun ?(saya|aku|ku|gue|gw)',
    '(взломали|украли|угнали) (мой|мою|у меня|мне) (аккаунт|акк|страниц*|почт*|профиль)',
    'мой аккаунт (взломали|украли|угнали)',
    'кто-?то .{0,30}(мой|мою|моей?) (аккаунт|пароль|почт*|страниц*)',
  ),
  'アカウント.{0,4}乗っ取られ|不正ログイン(が|さ|され)|身に覚えのない(ログイン|請求|購入|決済)|アカウントがハック',
  '(我的?)(账号|帐号|账户|密码|号).{0,3}被(盗|黑|改|别人)|有人(登录|改|盗|用).{0,4}我的|不是我(登录|操作|本人|买)',
  '내? ?계정.{0,4}(해킹|도용|털)(당|됐|되|렸)|내 비밀번호.{0,6}바뀌',
  'मेरा (अकाउंट|खाता) .{0,6}हैक|किसी ने मेरा .{0,12}(पासवर्ड|अकाउंट)|मेरे (अकाउंट|खाते) में किसी',
  '(تم )?(اختراق|سرقة|تهكير) حسابي|حسابي (تم |ا)?(اختراقه|مخترق|انسرق|تهكر|سُرق)|(شخص|أحد|حد|واحد) (دخل|غير|سرق).{0,12}(حسابي|كلمة|رقمي)',
)
export const isTakeover = (text: string): boolean => TAKEOVER.test(text) && !HEARD.test(text) && !ASKED.test(text)
