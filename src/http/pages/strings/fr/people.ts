import type { PeopleStrings } from '../en/people.js'
import { plurals, type Count } from '../plural.js'

const some = plurals<'one' | 'many'>('fr')
const reports = (n: Count) =>
  some(n, { one: `${n} signalement`, many: `${n} de signalements`, other: `${n} signalements` })

export const frPeople: PeopleStrings = {
  justMe: {
    title: 'Est-ce seulement moi ?',
    lead: 'Choisissez ce qui vous correspond et comparez. Votre choix n’est pas conservé.',
    guessed: 'Déduit de votre connexion et de votre navigateur ; corrigez si besoin.',
    part: 'Partie du service',
    any: 'Peu importe',
    compare: 'Comparer',
    notJustYou: where => `Vous n’êtes pas seul : d’autres le signalent aussi (${where}).`,
    elsewhere: where =>
      `D’autres signalent des problèmes, mais peu d’entre eux ici (${where}). C’est peut-être quelque chose près de vous.`,
    everywhere: 'Vous n’êtes pas seul : d’autres signalent aussi des problèmes.',
    few: where => `Peu d’autres le signalent (${where}). C’est peut-être quelque chose près de vous.`,
    fewAnywhere: 'Peu d’autres signalent des problèmes. C’est peut-être quelque chose près de vous.',
    tooFew: where =>
      `D’autres signalent des problèmes. Ici, trop peu de gens signalent pour dire si cela vous atteint (${where}).`,
    unknown: 'Impossible à dire : on en sait trop peu sur ce service en ce moment.',
    row: (bad, usual) => `${reports(bad)} de problème dans la dernière heure ; d’habitude : ${usual}`,
    rowUnusual: (bad, ratio) => `${reports(bad)} de problème dans la dernière heure, ${ratio} l’habituel`,
    rowFew: 'moins de 3 signalements dans la dernière heure',
    others: 'Tous les autres',
    rule: 'Signalements de la dernière heure rapportés à ce que les mêmes personnes envoient d’habitude. Le double ou plus, et au moins 3 signalements : « le signalent aussi ».',
    network: 'Votre réseau',
    hit: where => `Un incident en cours touche l’endroit où vous êtes : ${where}.`,
    spared: where => `Un incident est en cours, mais ceci fonctionne : ${where}.`,
    link: 'Comparer avec des gens comme vous',
    private: 'Ni votre adresse ni votre choix ne sont conservés, et cette page n’est pas stockée en chemin.',
  },

  samples: {
    title: 'Ce que les gens écrivent',
    note: 'De la dernière heure, non vérifiés. Choisis par règle : au moins 3 personnes de réseaux différents disent la même chose, et chaque mot montré a été écrit par 3 d’entre elles ; le reste est omis par « … ». Adresses, numéros et noms de compte n’y entrent jamais.',
    people: n => some(n, { one: `${n} personne`, many: `${n} de personnes`, other: `${n} personnes` }),
  },

  tell: {
    ask: 'Prévenez-moi quand c’est rétabli chez moi',
    note: 'Un seul message à ce navigateur. Ce que vous avez choisi (pays, appareil, partie) est gardé deux jours, votre adresse jamais.',
    on: 'C’est noté. Vous recevrez un message quand cela semblera rétabli chez vous.',
    refused: 'Ce navigateur n’autorise pas les messages ici.',
    follow: 'Pour suivre sans messages, il y a',
    feed: 'un flux de tous les incidents',
    titleHere: service => `${service} semble rétabli chez vous`,
    title: service => `${service} semble revenu à la normale`,
    body: 'Est-ce rétabli chez vous ? Un geste suffit.',
  },

  back: {
    title: service => `${service} est-il rétabli chez vous ?`,
    lead: 'Ce que nous voyons le dit. Votre réponse montre si c’est vrai, et elle est comptée.',
    yes: 'Oui, cela remarche',
    no: 'Non, toujours un problème',
    thanks: 'Merci. Votre réponse est comptée.',
    used: 'Cette question a déjà reçu sa réponse, ou elle est trop ancienne. Vous pouvez encore signaler sur la page du service.',
    toService: service => `Comment va ${service}`,
    said: (n, share) =>
      some(n, {
        one: `Sur ${n} personne interrogée, ${share} dit que c’est rétabli.`,
        many: `Sur ${n} de personnes interrogées, ${share} disent que c’est rétabli.`,
        other: `Sur ${n} personnes interrogées, ${share} disent que c’est rétabli.`,
      }),
  },

  check: {
    title: 'Encore une étape',
    lead: seconds =>
      `Beaucoup de signalements suspects arrivent en ce moment. Pour que le vôtre compte, attendez ${seconds} puis appuyez sur le bouton.`,
    press: 'Compter mon signalement',
    early: 'C’était un peu trop tôt, ou trop tard. Attendez et appuyez de nouveau.',
    working: 'Vérification qu’il s’agit d’un vrai navigateur ; un instant…',
  },
}
