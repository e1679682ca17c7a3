import type { Strings } from '../en/service.js'
import { frIncident, frSays } from './incident.js'
import { frPeople } from './people.js'
import { evidenceWords } from '../evidence.js'
import { watchedWords } from '../watched.js'
import { frLook } from './look.js'
import { pair, plurals, type Count } from '../plural.js'

const some = plurals<'one' | 'many'>('fr')
const reports = (n: Count) =>
  some(n, { one: `${n} signalement`, many: `${n} de signalements`, other: `${n} signalements` })

export const fr: Strings = {
  lang: 'fr',
  locale: 'fr',
  name: 'Français',
  direction: 'ltr',
  latin: true,
  comma: ', ',
  semicolon: ' ; ',
  colon: ' : ',
  inline: phrase => phrase.toLocaleLowerCase('fr'),
  quotes: pair('« ', ' »'),
  product: 'Epicenter',
  skip: 'Aller au contenu',
  nav: { label: 'Pages', now: 'En ce moment', history: 'Incidents', api: 'La même chose en JSON : mode d’emploi' },
  footer: {
    rule: 'Les états viennent des signalements, des messages publics, des contrôles et des mesures, comparés au niveau habituel à cette heure de la semaine.',
    clock: zone => `Toutes les heures sont en ${zone}.`,
    noScript: 'Cette page fonctionne sans script ; rechargez-la pour voir les nouvelles.',
    languages: 'Langue',
    theme: 'Couleurs',
    themes: { system: 'Comme le système', light: 'Clair', dark: 'Sombre' },
  },

  state: {
    ok: 'Fonctionne',
    watching: 'Sous surveillance',
    degraded: 'Perturbé',
    outage: 'En panne',
    unknown: 'Inconnu',
  },
  severity: { minor: 'mineur', major: 'majeur', critical: 'critique' },
  event: {
    opened: 'Ouvert',
    updated: 'Mis à jour',
    recovering: 'Rétablissement en cours',
    resolved: 'Résolu',
    reopened: 'Rouvert',
    note: 'Remarque',
  },
  security: {
    no_evidence: 'Aucun indice d’attaque ni d’intrusion',
    suspected: 'Une attaque est soupçonnée, non confirmée',
    confirmed: 'Confirmé : incident de sécurité',
    ruled_out: 'Une attaque est écartée',
  },
  causeState: { suspected: 'Soupçonnée', ruled_out: 'Écartée', confirmed: 'Confirmée' },
  changeKind: {
    deploy: 'Déploiement',
    config: 'Changement de configuration',
    flag: 'Option activable',
    launch: 'Lancement',
    maintenance: 'Entretien',
    vendor: 'Changement du fournisseur',
    migration: 'Transfert',
    mitigation: 'Mesure d’atténuation',
  },
  noticeStatus: {
    investigating: 'en cours d’analyse',
    identified: 'identifié',
    monitoring: 'sous surveillance',
    resolved: 'résolu',
    postmortem: 'a posteriori',
    scheduled: 'prévu',
    in_progress: 'en cours',
  },
  label: {
    cell: pair('cellule', 'cellules'),
    tier: pair('formule', 'formules'),
    country: pair('pays', 'pays'),
    region: pair('région', 'régions'),
    city: pair('ville', 'villes'),
    component: pair('composant', 'composants'),
    platform: pair('plateforme', 'plateformes'),
    version: pair('version', 'versions'),
    isp: pair('opérateur', 'opérateurs'),
    asn: pair('réseau', 'réseaux'),
    network: pair('type de réseau', 'types de réseau'),
    pop: pair('site périphérique', 'sites périphériques'),
    vantage: pair('point de mesure', 'points de mesure'),
    lang: pair('langue', 'langues'),
    problem: pair('problème', 'problèmes'),
  },
  signal: {
    report: 'Signalements',
    post: 'Messages publics',
    check: 'Contrôles',
    metric: 'Mesures',
    change: 'Changements',
    notice: 'Avis du fournisseur',
  },
  everybody: 'tout le monde',
  and: 'et',
  more: n => `${n} de plus`,
  since: 'depuis',

  now: {
    allOk: n => `Les ${n} services fonctionnent`,
    nothing: 'Aucun service n’est encore suivi',
    nothingHow:
      'Envoyez des signaux à POST /api/v1/signals ou nommez des services dans le fichier de configuration ; ils apparaissent ici dès leur premier signal.',
    troubled: (n, names) => `${names} ${n === 1 ? 'a' : 'ont'} un problème`,
    watched: (n, names) => `Aucune panne ; ${names} sous surveillance`,
    watchedShort: n => `${n} sous surveillance`,
    notes: 'Bon à savoir',
    rest: ok => `${ok} sans problème`,
    unknown: n => `${n} dans un état inconnu`,
    onlyUnknown: 'Pas de données : l’état est inconnu',
    noOutage: 'Aucune panne observée',
    services: 'Les services',
    open: 'Incidents en cours',
    last24: 'Dernières 24 heures',
  },

  status: {
    ok: service => `${service} fonctionne`,
    watching: service => `${service} : quelque chose commence peut-être`,
    degraded: service => `${service} a des problèmes`,
    outage: service => `${service} est en panne pour beaucoup de monde`,
    recovering: service => `${service} se rétablit`,
    unknown: service => `Nous ne savons pas comment va ${service}`,
  },
  reason: {
    usual: (bad, usual) =>
      `${reports(bad)} de problème au cours des 15 dernières minutes ; niveau habituel à cette heure : ${usual}.`,
    above: (bad, ratio) =>
      `${reports(bad)} de problème au cours des 15 dernières minutes, ${ratio} le niveau habituel.`,
    quietNow: (bad, usual) =>
      `Les signalements sont proches du niveau habituel (${bad} en 15 minutes, d’habitude ${usual}), mais l’incident n’est pas terminé.`,
    neverSeen: 'Aucun signal n’est encore arrivé.',
    silent: span =>
      `Les données les plus récentes datent de ${span}. Le silence n’est pas bon signe : ce qui suit est le dernier état connu.`,
  },
  age: {
    asOf: 'Dernier état :',
    newest: 'le plus récent :',
    late: span =>
      `Cette page montre l’état d’il y a ${span} : Epicenter lui-même a pris du retard. La faute est la nôtre et ne dit rien des services.`,
  },

  report: {
    title: 'Et chez vous ?',
    bad: 'J’ai un problème',
    ok: 'Chez moi, ça marche',
    details: 'Ajouter des détails (facultatif)',
    problem: 'Ce qui ne marche pas',
    country: 'Pays',
    platform: 'Où vous l’utilisez',
    text: 'Ce que vous voyez',
    choose: 'Je préfère ne pas répondre',
    note: 'Un geste suffit. Sans compte ; chaque personne compte une fois par service en 24 heures.',
    thanksBad: 'Merci. Votre problème est compté ; il apparaîtra à la prochaine mise à jour de cette page.',
    thanksOk: 'Merci. Votre « ça marche » est compté : il montre qui n’est pas touché.',
    thanksNoted:
      'Merci. Énormément de signalements viennent de votre réseau en ce moment : le vôtre est noté, mais ne s’ajoute pas au total.',
    failed: 'L’envoi a échoué. Réessayez dans une minute.',
    platforms: {
      web: 'Navigateur web',
      ios: 'iPhone ou iPad',
      android: 'Android',
      desktop: 'Application de bureau',
      api: 'API',
    },
    problems: {
      payment: 'Paiements',
      login: 'La connexion',
      app: 'L’application',
      website: 'Le site web',
      sending: 'Envois',
      missing: 'Il manque quelque chose',
      slow: 'C’est lent',
      error: 'Des messages d’erreur',
      quality: 'Mauvaises réponses',
      unreachable: 'Ne s’ouvre pas ou ne charge pas',
      other: 'Autre chose',
    },
  },

  chart: {
    unit: minutes => `par ${minutes} min`,
    usual: 'niveau habituel',
    band: 'plage normale',
    bandRule:
      'La plage normale s’arrête au niveau qui, quand tout va bien, est dépassé une fois sur 1 000 intervalles.',
    high: 'inhabituellement élevé',
    normal: 'dans la plage normale',
    incidentSince: at => `Incident depuis ${at}`,
    incidentBetween: (from, until) => `Incident ${from}–${until}`,
    gap: 'pas de données',
    filling: 'encore incomplet',
    atMost: peak => `au plus ${peak}`,
    works: 'Réponses « ça marche »',
    errors: 'Requêtes en échec',
    table: 'Les chiffres',
    range3: '3 heures',
    range24: '24 heures',
    range7: '7 jours',
    range: 'Période',
    describe: (peak, at, ratio, total) =>
      `Au plus ${peak} dans un intervalle, à ${at}${ratio ? `, ${ratio} le niveau habituel` : ''}. ${total} au total.`,
    describeGaps: n => `Pas de données pendant ${n}.`,
    columns: {
      from: 'À partir de (UTC)',
      bad: 'Problèmes',
      usual: 'Habituel',
      works: 'Ça marche',
      errors: 'Échecs',
    },
    markers: 'Repères sur le graphique',
  },

  mix: {
    title: 'Ce qui est signalé',
    of: (n, span) =>
      some(n, {
        one: `Sur ${n} signalement (${span}) qui précise la panne.`,
        many: `Sur ${n} de signalements (${span}) qui précisent la panne.`,
        other: `Sur ${n} signalements (${span}) qui précisent la panne.`,
      }),
  },

  map: {
    title: 'Où',
    describe: (n, top) =>
      `Carte du monde, ${some(n, { one: `${n} pays coloré`, many: `${n} de pays colorés`, other: `${n} pays colorés` })} selon les signalements rapportés à leur propre niveau habituel. Plus fortes hausses : ${top}.`,
    rule: span =>
      `Couleur : signalements (${span}) divisés par ce que le pays envoie d’habitude dans le même temps (moyenne des 7 derniers jours hors incidents). Un petit pays n’est donc pas noyé par un grand. Moins de 3 signalements : pas de couleur.`,
    legend: 'Fois le niveau habituel',
    table: 'Tous les pays',
    columns: {
      country: 'Pays',
      reports: 'Signalés',
      perMillion: 'Par million d’internautes',
      usual: 'Habituel',
      ratio: 'Rapport',
      works: 'Ça marche',
    },
    few: 'moins de 3',
  },

  who: {
    affected: 'Qui est touché',
    fine: 'Qui n’est pas touché',
    share: 'en échec',
    was: 'Qui a été touché',
    noSegment: 'Pas encore localisé.',
    noneLeft: 'Plus aucun groupe ne se distingue.',
    noFine: 'Rien n’est encore connu comme épargné.',
    unevenBy: labels => `s’explique par : ${labels}`,
    unevenNone: 'rien de ce qui est observé ne l’explique',
    unevenHit: (hit: string, among: string) =>
      `Environ ${hit} de ses requêtes sont dans une partie touchée ; là, ${among} échouent.`,
    components: 'Composants touchés',
  },

  recent: {
    title: 'Changements et avis récents',
    says: source => `${source} indique`,
    vendor: 'Le fournisseur',
    reverts: 'annule un changement précédent',
    note: 'Listés parce qu’ils ont eu lieu, non parce qu’ils auraient provoqué quoi que ce soit.',
  },

  past: {
    title: 'Incidents passés',
    empty: 'Aucun incident enregistré.',
    lasted: span => `a duré ${span}`,
    ongoing: 'en cours',
    before: 'Incidents plus anciens',
    title2: 'Incidents par mois',
  },

  evidence: evidenceWords.fr,
  watched: watchedWords.fr,
  look: frLook,
  incident: frIncident,
  says: frSays,
  ...frPeople,

  problem: {
    404: pair(
      'Il n’y a rien ici',
      'Aucune page à cette adresse. Elle est peut-être mal saisie, ou le service ou l’incident porte un autre nom.',
    ),
    400: pair('Cette adresse n’est pas correcte', 'Une partie de l’adresse est illisible.'),
    500: pair(
      'Quelque chose s’est cassé chez nous',
      'La page n’a pas pu être produite. Cela ne veut pas dire qu’un service suivi est en panne.',
    ),
    503: pair('Pas encore prêt', 'Les pages ne sont pas prêtes. Réessayez dans un instant.'),
    back: 'Tous les services en ce moment',
  },
}
