import { plurals, type Count } from '../plural.js'

const some = plurals<'one'>('en')

/** The words of what people do and see of each other. */
export const enPeople = {
  justMe: {
    title: 'Is it just me?',
    lead: 'Choose what fits you and compare. Your choice is not stored.',
    guessed: 'Guessed from your connection and browser; change it if it is wrong.',
    part: 'Part of the service',
    any: 'Any',
    compare: 'Compare',
    /** `where`: a list such as "Germany and Android". */
    notJustYou: (where: string) => `It is not just you: others report it too (${where}).`,
    elsewhere: (where: string) =>
      `Others report problems, but few of them here (${where}). It may be something near you.`,
    everywhere: 'It is not just you: others report problems too.',
    few: (where: string) => `Few others report it (${where}). It may be something near you.`,
    fewAnywhere: 'Few others report problems. It may be something near you.',
    tooFew: (where: string) =>
      `Others report problems. Too few people usually report from here to tell whether it reaches you (${where}).`,
    unknown: 'We cannot tell: too little is known about this service at the moment.',
    row: (bad: Count, usual: string) =>
      `${some(bad, { one: `${bad} problem report`, other: `${bad} problem reports` })} in the last hour; usual: ${usual}`,
    rowUnusual: (bad: Count, ratio: string) =>
      `${some(bad, { one: `${bad} problem report`, other: `${bad} problem reports` })} in the last hour, ${ratio} the usual`,
    rowFew: 'fewer than 3 problem reports in the last hour',
    others: 'Everybody else',
    rule: 'Reports of the last hour against what the same people usually send. Two times or more, and at least 3 reports: “report it too”.',
    /** Beside the choices. */
    network: 'Your network',
    hit: (where: string) => `An open incident names where you are: ${where}.`,
    spared: (where: string) => `An incident is open, but this looks fine: ${where}.`,
    link: 'Compare with people like you',
    private: 'Neither your address nor your choice is kept, and this page is not stored on the way.',
  },

  samples: {
    title: 'What people write',
    note: 'Of the last hour, unchecked. Chosen by rule: at least 3 people from different networks say the same, and each word shown was written by 3 of them; the rest is left out as “…”. Addresses, numbers and account names are never shown.',
    people: (n: Count) => some(n, { one: `${n} person`, other: `${n} people` }),
  },

  /** "Tell me when it is back where I am". */
  tell: {
    ask: 'Tell me when it is back where I am',
    note: 'One message to this browser. What you chose (country, device, part) is kept for two days, your address never.',
    on: 'Done. You get one message when it looks back where you are.',
    refused: 'This browser does not allow messages here.',
    follow: 'To follow it without messages, there are',
    feed: 'a feed of all incidents',
    titleHere: (service: string) => `${service} looks back where you are`,
    title: (service: string) => `${service} looks back to normal`,
    body: 'Is it back for you? One tap tells us.',
  },

  back: {
    title: (service: string) => `Is ${service} back for you?`,
    lead: 'Our data say so. Your answer shows whether they are right, and is counted.',
    yes: 'Yes, it works again',
    no: 'No, still a problem',
    thanks: 'Thank you. Your answer is counted.',
    used: 'This question has been answered, or it is too old. You can still report on the service’s page.',
    toService: (service: string) => `How ${service} is doing`,
    said: (n: Count, share: string) =>
      some(n, {
        one: `Of ${n} person who was asked, ${share} say it is back.`,
        other: `Of ${n} people who were asked, ${share} say it is back.`,
      }),
  },

  check: {
    title: 'One more step',
    lead: (seconds: string) =>
      `Very many suspicious reports are arriving just now. To have yours counted, wait ${seconds} and press the button.`,
    press: 'Count my report',
    early: 'That was a little too soon, or too late. Please wait and press again.',
    working: 'Showing that this is a real browser; it takes a moment …',
  },
}

export type PeopleStrings = typeof enPeople
