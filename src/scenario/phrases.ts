import type { Random } from '../core/stat/random.js'
import { oneOf, token } from './chance.js'

/** What a simulated person is about to say. */
export type Mood = 'complaint' | 'ok' | 'joke' | 'rumour' | 'bot' | 'quality' | 'exposure'

/** {s} service, {p} the part that fails, {h} hashtag, {c} claim of a rumour, {u} a link. Own wording throughout. */
const PHRASES: Readonly<Record<Mood, Readonly<Record<string, readonly string[]>>>> = {
  complaint: {
    en: [
      '{s} just stopped working for me {h}',
      'is {s} down or is it only me? {h}',
      '{p} gives me an error every time I try {h}',
      '{s} not loading since a few minutes {h}',
      'getting "something went wrong" from {s} on every attempt',
      '{s} has an outage? {p} does nothing',
      'tried three devices, {s} fails on all of them {h}',
      'error 503 from {s}, refreshing does not help',
      '{p} is broken right now, anyone else? {h}',
    ],
    es: ['{s} no funciona {h}', '¿se cayó {s}? me da error todo el rato {h}', 'no puedo usar {s}, sale un error'],
    pt: ['{s} caiu? não funciona aqui {h}', '{s} está dando erro direto', 'não consigo usar o {s} agora {h}'],
    fr: [
      '{s} est en panne ? {h}',
      'impossible d’utiliser {s}, erreur à chaque fois',
      '{s} ne marche plus chez moi {h}',
    ],
    de: ['{s} ist gestört, nur Fehlermeldungen {h}', 'geht {s} bei euch? hier nicht', '{s} lädt nicht mehr {h}'],
    it: ['{s} non funziona {h}', '{s} è giù? solo errori qui'],
    nl: ['{s} doet het niet {h}', 'storing bij {s}? krijg alleen fouten'],
    hu: ['leállt a {s}? nem működik {h}', 'a {s} csak hibát ad'],
    hi: ['{s} नहीं चल रहा है {h}', 'क्या {s} बंद है? बार-बार एरर आ रहा है'],
    ur: ['{s} نہیں چل رہا {h}', 'کیا {s} بند ہے؟'],
    ja: ['{s} が使えない {h}', '{s} 落ちてる?エラーばかり'],
    id: ['{s} error terus {h}', '{s} lagi down ya?'],
    pl: ['{s} nie działa {h}', 'awaria {s}? same błędy'],
    tr: ['{s} çöktü mü? hata veriyor {h}'],
  },
  ok: {
    en: ['{s} is fine for me', 'no issue with {s} here', 'works for me, tried just now'],
    es: ['a mí {s} me funciona'],
    de: ['{s} läuft bei mir'],
    pt: ['aqui o {s} está normal'],
    fr: ['{s} marche chez moi'],
  },
  joke: {
    en: [
      'guess I have to think for myself today {h}',
      '{s} took the afternoon off and so do I {h}',
      'everyone in the office suddenly talks to each other {h}',
      'refreshing {s} is my cardio now {h}',
      'RIP my deadline, thanks {s} {h}',
    ],
  },
  rumour: { en: ['people say {s}: {c} {h}', '{c}? that would explain {s} today {h}', 'BREAKING: {c} ({s}) {h}'] },
  bot: {
    en: [
      '{h} best VPN deal of the day {u}',
      '{h} earn from home, ask me how {u}',
      '{h} giveaway live now {u}',
      '{h} follow for follow {u}',
    ],
  },
  quality: {
    en: [
      'the answers are noticeably worse since today',
      '{s} forgets what I said one message ago',
      'output is full of odd characters and nonsense words',
      'same question as last week, now a useless reply',
    ],
    de: ['die Antworten sind heute deutlich schlechter'],
    es: ['las respuestas son mucho peores hoy'],
  },
  exposure: {
    en: [
      'my account shows things that belong to a stranger',
      'there are titles in my list that somebody else wrote',
      '{s} shows me another customer’s data, this is a privacy breach',
      'I opened my profile and saw the email address of a different person',
    ],
    es: ['en mi cuenta aparecen datos de otra persona'],
    de: ['in meinem Konto stehen fremde Daten'],
  },
}

export class Voice {
  constructor(
    private readonly service: string,
    private readonly hashtags: readonly string[],
  ) {}

  /** A sentence in `lang`, or in English where no such sentence is known. */
  say(random: Random, mood: Mood, lang: string, more: { part?: string; claim?: string } = {}): string {
    return this.fill(oneOf(random, PHRASES[mood][lang] ?? PHRASES[mood].en!), random, more)
  }

  /** The n-th of a bot's few templates: the same text again and again but for the link. */
  template(random: Random, n: number): string {
    const all = PHRASES.bot.en!
    return this.fill(all[n % all.length]!, random, {})
  }

  private fill(phrase: string, random: Random, more: { part?: string; claim?: string }): string {
    return phrase
      .replaceAll('{s}', this.service)
      .replace('{p}', more.part ?? this.service)
      .replace('{c}', more.claim ?? '')
      .replace('{h}', () => (this.hashtags.length > 0 ? oneOf(random, this.hashtags) : ''))
      .replace('{u}', () => `https://example.invalid/${token(random)}`)
      .trim()
  }
}

/** Languages that have complaints of their own. */
export function speaks(lang: string): boolean {
  return PHRASES.complaint[lang] !== undefined
}
