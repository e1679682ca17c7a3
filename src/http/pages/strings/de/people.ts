import type { PeopleStrings } from '../en/people.js'
import { plurals, type Count } from '../plural.js'

const some = plurals<'one'>('de')
const reports = (n: Count) => some(n, { one: `${n} Problemmeldung`, other: `${n} Problemmeldungen` })

export const dePeople: PeopleStrings = {
  justMe: {
    title: 'Geht es nur mir so?',
    lead: 'Wähle, was auf dich zutrifft, und vergleiche. Deine Wahl wird nicht gespeichert.',
    guessed: 'Aus Verbindung und Browser geschlossen; bitte ändern, wenn es nicht stimmt.',
    part: 'Teil des Dienstes',
    any: 'Beliebig',
    compare: 'Vergleichen',
    notJustYou: where => `Es geht nicht nur dir so: Andere melden es auch (${where}).`,
    elsewhere: where =>
      `Andere melden Probleme, aber wenige davon hier (${where}). Vielleicht liegt es in deiner Nähe.`,
    everywhere: 'Es geht nicht nur dir so: Andere melden auch Probleme.',
    few: where => `Nur wenige andere melden es (${where}). Vielleicht liegt es in deiner Nähe.`,
    fewAnywhere: 'Nur wenige andere melden Probleme. Vielleicht liegt es in deiner Nähe.',
    tooFew: where =>
      `Andere melden Probleme. Von hier melden sich sonst so wenige, dass sich nicht sagen lässt, ob es dich betrifft (${where}).`,
    unknown: 'Das lässt sich nicht sagen: Über diesen Dienst ist im Moment zu wenig bekannt.',
    row: (bad, usual) => `${reports(bad)} in der letzten Stunde; üblich: ${usual}`,
    rowUnusual: (bad, ratio) => `${reports(bad)} in der letzten Stunde, ${ratio} so viele wie üblich`,
    rowFew: 'weniger als 3 Problemmeldungen in der letzten Stunde',
    others: 'Alle anderen',
    rule: 'Meldungen der letzten Stunde im Verhältnis zu dem, was dieselben Leute sonst senden. Das Doppelte oder mehr, und mindestens 3 Meldungen: „melden es auch“.',
    network: 'Dein Netz',
    hit: where => `Eine offene Störung betrifft den Ort, an dem du bist: ${where}.`,
    spared: where => `Eine Störung ist offen, aber hier läuft es: ${where}.`,
    link: 'Mit Leuten wie dir vergleichen',
    private: 'Weder deine Adresse noch deine Wahl wird behalten, und diese Seite wird unterwegs nicht gespeichert.',
  },

  samples: {
    title: 'Was Leute schreiben',
    note: 'Aus der letzten Stunde, ungeprüft. Nach Regel gewählt: Mindestens 3 Leute aus verschiedenen Netzen sagen Ähnliches, und jedes gezeigte Wort haben 3 von ihnen geschrieben; der Rest fehlt als „…“. Adressen, Nummern und Kontonamen kommen nie hinein.',
    people: n => some(n, { one: `${n} Person`, other: `${n} Personen` }),
  },

  tell: {
    ask: 'Sag mir, wenn es bei mir wieder läuft',
    note: 'Eine einzige Nachricht an diesen Browser. Was du gewählt hast (Land, Gerät, Teil), bleibt zwei Tage, deine Adresse nie.',
    on: 'Erledigt. Du bekommst eine Nachricht, wenn es bei dir wieder zu laufen scheint.',
    refused: 'Dieser Browser lässt hier keine Nachrichten zu.',
    follow: 'Ohne Nachrichten auf dem Laufenden hält dich',
    feed: 'ein Feed mit allen Störungen',
    titleHere: service => `${service} scheint bei dir wieder zu laufen`,
    title: service => `${service} scheint wieder normal zu laufen`,
    body: 'Läuft es bei dir wieder? Ein Tippen genügt.',
  },

  back: {
    title: service => `Läuft ${service} bei dir wieder?`,
    lead: 'Was wir sehen, spricht dafür. Deine Antwort zeigt, ob es stimmt, und sie zählt.',
    yes: 'Ja, es läuft wieder',
    no: 'Nein, immer noch ein Problem',
    thanks: 'Danke. Deine Antwort ist gezählt.',
    used: 'Diese Frage ist schon beantwortet oder zu alt. Auf der Seite des Dienstes kannst du weiterhin melden.',
    toService: service => `Wie es ${service} geht`,
    said: (n, share) =>
      some(n, {
        one: `Von ${n} gefragten Person sagen ${share}, es laufe wieder.`,
        other: `Von ${n} Gefragten sagen ${share}, es laufe wieder.`,
      }),
  },

  check: {
    title: 'Noch ein Schritt',
    lead: seconds =>
      `Gerade kommen sehr viele verdächtige Meldungen. Damit deine zählt, warte ${seconds} und drücke den Knopf.`,
    press: 'Meine Meldung zählen',
    early: 'Das war etwas zu früh oder zu spät. Bitte warte und drücke noch einmal.',
    working: 'Es wird gezeigt, dass dies ein echter Browser ist; das dauert einen Moment …',
  },
}
