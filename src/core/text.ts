/**
 * What a short public text says, by words in many languages. Plain on purpose: the classes decide how much a text may weigh,
 * never whether something is true. First-hand exposure ("I can see somebody else's chats") is told from hearsay ("was it hacked?").
 */
export type TextClass = 'exposure' | 'quality' | 'rumour' | 'ok' | 'spam' | 'joke' | 'complaint' | 'other'

const any = (...words: string[]): RegExp => new RegExp(words.join('|'), 'iu')

const LINK_SALE = any('vpn', 'free followers', '\\d+ ?% off', 'giveaway', 'promo code', 'airdrop', 'onlyfans')
const HEARSAY = any(
  'hack(ed|ers?|ing)?\\b',
  'cyber ?-?attack',
  '\\bddos\\b',
  'ransomware',
  'breach',
  'hackead[oa]',
  'ataque',
  'piratage',
  '黑客',
  'взлом',
  '해킹',
  'overloaded by',
  'because of (the )?(new|launch)',
)
const OTHERS = any(
  "(some(body|one) else|other (people|person|user)|another (person|user|customer)|stranger)['’]?s?",
  'not mine\\b',
  "aren['’]?t mine",
  'otra persona|de otros|ajen[oa]s',
  'outra pessoa|de outros',
  "d['’]?autres|de quelqu['’]un d['’]autre",
  'fremde[rnsm]?\\b|anderer (nutzer|leute|person)',
  '别人|他人|其他人',
  '他の人|他人の',
  '다른 사람',
  'чуж(ие|ой|ая|их)',
  'किसी और',
)
const PRIVATE = any(
  'chats?\\b',
  'conversation',
  'history',
  'messages?\\b',
  'invoice',
  '\\bbill',
  'card',
  'name',
  'e-?mail',
  'account',
  'data\\b',
  'historial',
  'conversa',
  'nachricht',
  'verlauf',
  'historique',
  '对话',
  '聊天',
  '记录',
  '账单',
  '履歴',
  '채팅',
  'чаты?',
  'переписк',
  'चैट',
)
const QUALITY = any(
  'quality',
  'worse',
  'nonsense',
  'gibberish',
  'garbage answers?',
  'hallucinat',
  'ignores? (half|my|the)',
  'random .*characters',
  'wrong answers?',
  'lazy',
  'dumb(er)?\\b',
  'peor',
  'schlechter',
  'pire',
  'pior',
  '变笨|质量',
  'хуже',
)
const FINE = any(
  'works? (fine|ok|for me|here|again)',
  'working (fine|for me|again)',
  'no (problem|issue)s?',
  'back (up|online)',
  'funciona bien',
  'geht (wieder|bei mir)',
  'fonctionne (bien|à nouveau)',
  'voltou',
  '正常',
)
const LAUGH = any(
  'own brain',
  'staring at',
  'productivity',
  '\\blol\\b',
  'lmao',
  '😂|🤣',
  'touch grass',
  'guess i (have|need|will)',
  'meme',
)
const TROUBLE = any(
  '\\bdown\\b',
  "(won['’]?t|does ?n['’]?t|not|isn['’]?t|can ?n?['’]?o?t) (load|work|open|send|connect|respond|log)",
  'not working',
  'errors?\\b',
  'outage',
  'fail(s|ed|ing)?\\b',
  'timing out|timeouts?\\b',
  'unavailable',
  "cannot|can[’']t",
  'broken',
  'stuck',
  '\\b5\\d\\d\\b',
  'anyone else',
  'ca[ií]d[oa]',
  'no (funciona|me deja|carga|anda)',
  'fora do ar|não (carrega|funciona|abre)',
  'काम नहीं',
  'en panne|ne (répond|marche|fonctionne)',
  'geht nicht|störung|funktioniert nicht|ausfall',
  'nem működik',
  'کام نہیں',
  '不能用|用不了|打不开|崩|故障|宕机',
  '落ち|障害|つながらない|使えない',
  '안 ?돼|안 ?되|장애|오류',
  'не работает|сбой|лежит|упал',
  'tidak bisa|gangguan',
  'معطل|لا يعمل',
)

/** The class of one text; O(length). Texts in no known language are `other`. */
export function classify(text: string): TextClass {
  if (LINK_SALE.test(text)) return 'spam'
  if (OTHERS.test(text) && PRIVATE.test(text) && !/heard|rumou?r|is it true|apparently/iu.test(text)) return 'exposure'
  if (HEARSAY.test(text)) return 'rumour'
  if (FINE.test(text)) return 'ok'
  if (LAUGH.test(text)) return 'joke'
  if (QUALITY.test(text)) return 'quality'
  return TROUBLE.test(text) ? 'complaint' : 'other'
}
