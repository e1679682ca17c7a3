import type { Strings } from '../en/service.js'
import { deIncident, deSays } from './incident.js'
import { dePeople } from './people.js'
import { evidenceWords } from '../evidence.js'
import { watchedWords } from '../watched.js'
import { deLook } from './look.js'
import { pair, plurals, type Count } from '../plural.js'

const some = plurals<'one'>('de')
const reports = (n: Count) => some(n, { one: `${n} Problemmeldung`, other: `${n} Problemmeldungen` })

export const de: Strings = {
  lang: 'de',
  locale: 'de',
  name: 'Deutsch',
  direction: 'ltr',
  latin: true,
  comma: ', ',
  semicolon: '; ',
  colon: ': ',
  // Nouns keep their capital.
  inline: phrase => phrase.charAt(0).toLocaleLowerCase('de') + phrase.slice(1),
  quotes: pair('„', '“'),
  product: 'Epicenter',
  skip: 'Zum Inhalt',
  nav: { label: 'Seiten', now: 'Jetzt', history: 'Störungen', api: 'Dasselbe als JSON: so wird es gelesen' },
  footer: {
    rule: 'Die Zustände ergeben sich aus Meldungen, öffentlichen Beiträgen, Prüfungen und Messwerten, verglichen mit dem üblichen Niveau zur selben Stunde der Woche.',
    clock: zone => `Alle Zeiten in ${zone}.`,
    noScript: 'Diese Seite kommt ohne Skript aus; für Neues bitte neu laden.',
    languages: 'Sprache',
    theme: 'Farben',
    themes: { system: 'Wie das System', light: 'Hell', dark: 'Dunkel' },
  },

  state: {
    ok: 'Läuft',
    watching: 'Wird beobachtet',
    degraded: 'Gestört',
    outage: 'Ausfall',
    unknown: 'Unbekannt',
  },
  severity: { minor: 'gering', major: 'schwer', critical: 'kritisch' },
  event: {
    opened: 'Eröffnet',
    updated: 'Aktualisiert',
    recovering: 'Erholt sich',
    resolved: 'Behoben',
    reopened: 'Wieder eröffnet',
    note: 'Hinweis',
  },
  security: {
    no_evidence: 'Kein Anzeichen für Angriff oder Einbruch',
    suspected: 'Verdacht auf einen Angriff, nicht bestätigt',
    confirmed: 'Bestätigt: Sicherheitsvorfall',
    ruled_out: 'Ein Angriff ist ausgeschlossen',
  },
  causeState: { suspected: 'Vermutet', ruled_out: 'Ausgeschlossen', confirmed: 'Bestätigt' },
  changeKind: {
    deploy: 'Auslieferung',
    config: 'Geänderte Konfiguration',
    flag: 'Funktionsschalter',
    launch: 'Produktstart',
    maintenance: 'Wartung',
    vendor: 'Änderung beim Anbieter',
    migration: 'Umzug',
    mitigation: 'Gegenmaßnahme',
  },
  noticeStatus: {
    investigating: 'wird untersucht',
    identified: 'erkannt',
    monitoring: 'wird beobachtet',
    resolved: 'behoben',
    postmortem: 'im Nachhinein',
    scheduled: 'geplant',
    in_progress: 'läuft',
  },
  label: {
    cell: pair('Zelle', 'Zellen'),
    tier: pair('Tarif', 'Tarife'),
    country: pair('Land', 'Länder'),
    region: pair('Region', 'Regionen'),
    city: pair('Stadt', 'Städte'),
    component: pair('Komponente', 'Komponenten'),
    platform: pair('Plattform', 'Plattformen'),
    version: pair('Version', 'Versionen'),
    isp: pair('Netzanbieter', 'Netzanbieter'),
    asn: pair('Netz', 'Netze'),
    network: pair('Netzart', 'Netzarten'),
    pop: pair('Randstandort', 'Randstandorte'),
    vantage: pair('Messpunkt', 'Messpunkte'),
    lang: pair('Sprache', 'Sprachen'),
    problem: pair('Problem', 'Probleme'),
  },
  signal: {
    report: 'Meldungen',
    post: 'Öffentliche Beiträge',
    check: 'Prüfungen',
    metric: 'Messwerte',
    change: 'Änderungen',
    notice: 'Hinweise des Anbieters',
  },
  everybody: 'alle',
  and: 'und',
  more: n => `${n} weitere`,
  since: 'seit',

  now: {
    allOk: n => `Alle ${n} Dienste laufen`,
    nothing: 'Noch wird kein Dienst beobachtet',
    nothingHow:
      'Signale an POST /api/v1/signals senden oder Dienste in der Konfigurationsdatei nennen; sie erscheinen hier mit ihrem ersten Signal.',
    troubled: (n, names) => `${names} ${n === 1 ? 'hat' : 'haben'} Probleme`,
    watched: (n, names) => `Kein Ausfall; ${names} ${n === 1 ? 'wird' : 'werden'} beobachtet`,
    watchedShort: n => `${n} unter Beobachtung`,
    notes: 'Gut zu wissen',
    rest: ok => `${ok} ohne Problem`,
    unknown: n => `${n} unbekannt`,
    onlyUnknown: 'Keine Daten: Zustand unbekannt',
    noOutage: 'Kein Ausfall zu sehen',
    services: 'Dienste',
    open: 'Laufende Störungen',
    last24: 'Letzte 24 Stunden',
  },

  status: {
    ok: service => `${service} läuft`,
    watching: service => `${service}: da könnte etwas beginnen`,
    degraded: service => `${service} hat Probleme`,
    outage: service => `${service} ist für viele ausgefallen`,
    recovering: service => `${service} erholt sich`,
    unknown: service => `Wir wissen nicht, wie es um ${service} steht`,
  },
  reason: {
    usual: (bad, usual) => `${reports(bad)} in den letzten 15 Minuten; üblich um diese Zeit: ${usual}.`,
    above: (bad, ratio) => `${reports(bad)} in den letzten 15 Minuten, ${ratio} so viele wie üblich.`,
    quietNow: (bad, usual) =>
      `Die Meldungen sind nahe am üblichen Niveau (${bad} in 15 Minuten, üblich ${usual}), aber die Störung ist nicht vorbei.`,
    neverSeen: 'Noch ist kein Signal eingetroffen.',
    silent: span =>
      `Die neuesten Daten sind ${span} alt. Stille heißt nicht, dass alles läuft: Es folgt, was zuletzt bekannt war.`,
  },
  age: {
    asOf: 'Stand:',
    newest: 'zuletzt',
    late: span =>
      `Diese Seite zeigt den Stand von vor ${span}: Epicenter selbst hängt zurück. Der Fehler liegt bei uns und sagt nichts über die Dienste.`,
  },

  report: {
    title: 'Wie läuft es bei dir?',
    bad: 'Ich habe ein Problem',
    ok: 'Bei mir läuft es',
    details: 'Einzelheiten ergänzen (freiwillig)',
    problem: 'Was nicht geht',
    country: 'Land',
    platform: 'Wo du es nutzt',
    text: 'Was du siehst',
    choose: 'Keine Angabe',
    note: 'Einmal tippen genügt. Kein Konto; jede Person zählt je Dienst einmal in 24 Stunden.',
    thanksBad: 'Danke. Dein Problem ist gezählt; es erscheint mit der nächsten Aktualisierung dieser Seite.',
    thanksOk: 'Danke. Dein „läuft“ ist gezählt: Es zeigt, wer nicht betroffen ist.',
    thanksNoted:
      'Danke. Aus deinem Netz kommen gerade sehr viele Meldungen: Deine ist vermerkt, zählt aber nicht zusätzlich.',
    failed: 'Das kam nicht an. Bitte in einer Minute noch einmal versuchen.',
    platforms: {
      web: 'Webbrowser',
      ios: 'iPhone oder iPad',
      android: 'Android',
      desktop: 'Programm am Rechner',
      api: 'API',
    },
    problems: {
      payment: 'Bezahlen',
      login: 'Anmelden',
      app: 'Die App',
      website: 'Die Website',
      sending: 'Senden und Hochladen',
      missing: 'Etwas fehlt',
      slow: 'Es ist langsam',
      error: 'Fehlermeldungen',
      quality: 'Schlechte Antworten',
      unreachable: 'Öffnet oder lädt nicht',
      other: 'Etwas anderes',
    },
  },

  chart: {
    unit: minutes => `je ${minutes} Min.`,
    usual: 'übliches Niveau',
    band: 'normaler Bereich',
    bandRule: 'Der normale Bereich endet dort, wo ohne jede Störung nur eines von 1.000 Intervallen darüber liegt.',
    high: 'ungewöhnlich viele',
    normal: 'im normalen Bereich',
    incidentSince: at => `Störung seit ${at}`,
    incidentBetween: (from, until) => `Störung ${from}–${until}`,
    gap: 'keine Daten',
    filling: 'noch nicht vollständig',
    atMost: peak => `höchstens ${peak}`,
    works: 'Antworten „läuft“',
    errors: 'Fehlgeschlagene Anfragen',
    table: 'Die Zahlen',
    range3: '3 Stunden',
    range24: '24 Stunden',
    range7: '7 Tage',
    range: 'Zeitraum',
    describe: (peak, at, ratio, total) =>
      `Höchstens ${peak} in einem Intervall, um ${at}${ratio ? `, ${ratio} so viele wie üblich` : ''}. Insgesamt ${total}.`,
    describeGaps: n => `Keine Daten für ${n}.`,
    columns: {
      from: 'Ab (UTC)',
      bad: 'Probleme',
      usual: 'Üblich',
      works: 'Läuft',
      errors: 'Fehlgeschlagen',
    },
    markers: 'Im Diagramm markiert',
  },

  mix: {
    title: 'Was gemeldet wird',
    of: (n, span) =>
      some(n, {
        one: `Von ${n} Meldung (${span}), die sagt, was nicht geht.`,
        other: `Von ${n} Meldungen (${span}), die sagen, was nicht geht.`,
      }),
  },

  map: {
    title: 'Wo',
    describe: (n, top) =>
      `Weltkarte, ${some(n, { one: `${n} Land`, other: `${n} Länder` })} eingefärbt nach Meldungen im Verhältnis zum eigenen üblichen Niveau. Am weitesten darüber: ${top}.`,
    rule: span =>
      `Farbe: Problemmeldungen (${span}) geteilt durch das, was dieses Land sonst in derselben Zeit sendet (Mittel der letzten 7 Tage außerhalb von Störungen). So geht ein kleines Land nicht neben einem großen unter. Weniger als 3 Meldungen: keine Farbe.`,
    legend: 'Vielfaches des Üblichen',
    table: 'Alle Länder',
    columns: {
      country: 'Land',
      reports: 'Meldungen',
      perMillion: 'Je Million im Netz',
      usual: 'Üblich',
      ratio: 'Verhältnis',
      works: 'Läuft',
    },
    few: 'weniger als 3',
  },

  who: {
    affected: 'Wer betroffen ist',
    fine: 'Wer nicht betroffen ist',
    share: 'gestört',
    was: 'Wer betroffen war',
    noSegment: 'Noch nicht eingegrenzt.',
    noneLeft: 'Keine Gruppe fällt mehr auf.',
    noFine: 'Noch ist nichts bekannt, das sicher läuft.',
    unevenBy: labels => `erklärt durch ${labels}`,
    unevenNone: 'durch nichts Beobachtetes erklärt',
    unevenHit: (hit: string, among: string) =>
      `Etwa ${hit} der Anfragen liegen in einem betroffenen Teil; dort scheitern ${among}.`,
    components: 'Betroffene Komponenten',
  },

  recent: {
    title: 'Letzte Änderungen und Hinweise',
    says: source => `${source} sagt`,
    vendor: 'Der Anbieter',
    reverts: 'nimmt eine frühere Änderung zurück',
    note: 'Aufgeführt, weil sie geschahen, nicht weil sie etwas bewirkt hätten.',
  },

  past: {
    title: 'Frühere Störungen',
    empty: 'Keine Störung verzeichnet.',
    lasted: span => `dauerte ${span}`,
    ongoing: 'läuft noch',
    before: 'Ältere Störungen',
    title2: 'Störungen nach Monat',
  },

  evidence: evidenceWords.de,
  watched: watchedWords.de,
  look: deLook,
  incident: deIncident,
  says: deSays,
  ...dePeople,

  problem: {
    404: pair(
      'Hier ist nichts',
      'Unter dieser Adresse gibt es keine Seite. Vielleicht ist sie vertippt, oder der Dienst oder die Störung heißt anders.',
    ),
    400: pair('Diese Adresse stimmt nicht', 'Ein Teil der Adresse ist nicht lesbar.'),
    500: pair(
      'Bei uns ist etwas kaputt',
      'Die Seite konnte nicht erzeugt werden. Das heißt nicht, dass ein beobachteter Dienst ausgefallen ist.',
    ),
    503: pair('Noch nicht bereit', 'Die Seiten sind noch nicht bereit. Bitte gleich noch einmal versuchen.'),
    back: 'Alle Dienste jetzt',
  },
}
