import type { Strings } from '../en/service.js'
import { esIncident, esSays } from './incident.js'
import { esPeople } from './people.js'
import { evidenceWords } from '../evidence.js'
import { watchedWords } from '../watched.js'
import { esLook } from './look.js'
import { pair, plurals, type Count } from '../plural.js'

const some = plurals<'one' | 'many'>('es')
const reports = (n: Count) => some(n, { one: `${n} informe`, many: `${n} de informes`, other: `${n} informes` })

export const es: Strings = {
  lang: 'es',
  locale: 'es',
  name: 'Español',
  direction: 'ltr',
  latin: true,
  comma: ', ',
  semicolon: '; ',
  colon: ': ',
  inline: phrase => phrase.toLocaleLowerCase('es'),
  quotes: pair('«', '»'),
  product: 'Epicenter',
  skip: 'Ir al contenido',
  nav: { label: 'Páginas', now: 'Ahora', history: 'Incidentes', api: 'Lo mismo en JSON: cómo leerlo' },
  footer: {
    rule: 'Los estados se obtienen de informes de usuarios, publicaciones, comprobaciones y métricas, comparados con el nivel habitual a esa hora de la semana.',
    clock: zone => `Todas las horas están en ${zone}.`,
    noScript: 'Esta página funciona sin scripts; recárgala para ver novedades.',
    languages: 'Idioma',
    theme: 'Colores',
    themes: { system: 'Como el sistema', light: 'Claro', dark: 'Oscuro' },
  },

  state: {
    ok: 'Funciona',
    watching: 'En observación',
    degraded: 'Con problemas',
    outage: 'Caído',
    unknown: 'Desconocido',
  },
  severity: { minor: 'leve', major: 'grave', critical: 'crítico' },
  event: {
    opened: 'Abierto',
    updated: 'Actualizado',
    recovering: 'En recuperación',
    resolved: 'Resuelto',
    reopened: 'Reabierto',
    note: 'Aviso',
  },
  security: {
    no_evidence: 'Sin indicios de ataque ni de intrusión',
    suspected: 'Se sospecha un ataque; no está confirmado',
    confirmed: 'Confirmado: incidente de seguridad',
    ruled_out: 'Se ha descartado un ataque',
  },
  causeState: { suspected: 'Posible', ruled_out: 'Descartada', confirmed: 'Confirmada' },
  changeKind: {
    deploy: 'Despliegue',
    config: 'Cambio de configuración',
    flag: 'Función activable',
    launch: 'Lanzamiento',
    maintenance: 'Mantenimiento',
    vendor: 'Cambio del proveedor',
    migration: 'Migración',
    mitigation: 'Mitigación',
  },
  noticeStatus: {
    investigating: 'en investigación',
    identified: 'identificado',
    monitoring: 'en seguimiento',
    resolved: 'resuelto',
    postmortem: 'a posteriori',
    scheduled: 'programado',
    in_progress: 'en curso',
  },
  label: {
    cell: pair('celda', 'celdas'),
    tier: pair('plan', 'planes'),
    country: pair('país', 'países'),
    region: pair('región', 'regiones'),
    city: pair('ciudad', 'ciudades'),
    component: pair('componente', 'componentes'),
    platform: pair('plataforma', 'plataformas'),
    version: pair('versión', 'versiones'),
    isp: pair('operador', 'operadores'),
    asn: pair('red', 'redes'),
    network: pair('tipo de red', 'tipos de red'),
    pop: pair('nodo de borde', 'nodos de borde'),
    vantage: pair('punto de medición', 'puntos de medición'),
    lang: pair('idioma', 'idiomas'),
    problem: pair('problema', 'problemas'),
  },
  signal: {
    report: 'Informes',
    post: 'Publicaciones',
    check: 'Comprobaciones',
    metric: 'Métricas',
    change: 'Cambios',
    notice: 'Avisos del proveedor',
  },
  everybody: 'todo el mundo',
  and: 'y',
  more: n => `${n} más`,
  since: 'desde',

  now: {
    allOk: n => `Los ${n} servicios funcionan`,
    nothing: 'Todavía no se vigila ningún servicio',
    nothingHow:
      'Envía señales a POST /api/v1/signals o nombra servicios en el archivo de configuración; aparecen aquí con su primera señal.',
    troubled: (n, names) => `${names} ${n === 1 ? 'tiene' : 'tienen'} problemas`,
    watched: (n, names) => `Sin caídas; ${names} ${n === 1 ? 'está' : 'están'} en observación`,
    watchedShort: n => `${n} en observación`,
    notes: 'Conviene saber',
    rest: ok => `${ok} sin problemas`,
    unknown: n => `${n} en estado desconocido`,
    onlyUnknown: 'Sin datos: se desconoce el estado',
    noOutage: 'No se ve ninguna caída',
    services: 'Servicios',
    open: 'Incidentes abiertos',
    last24: 'Últimas 24 horas',
  },

  status: {
    ok: service => `${service} funciona`,
    watching: service => `${service}: puede que algo esté empezando`,
    degraded: service => `${service} tiene problemas`,
    outage: service => `${service} no funciona para muchas personas`,
    recovering: service => `${service} se está recuperando`,
    unknown: service => `No sabemos cómo está ${service}`,
  },
  reason: {
    usual: (bad, usual) => `${reports(bad)} de problemas en los últimos 15 minutos; lo habitual a esta hora: ${usual}.`,
    above: (bad, ratio) => `${reports(bad)} de problemas en los últimos 15 minutos, ${ratio} el nivel habitual.`,
    quietNow: (bad, usual) =>
      `Los informes están cerca del nivel habitual (${bad} en 15 minutos; lo habitual: ${usual}), pero el incidente no ha terminado.`,
    neverSeen: 'Todavía no ha llegado ninguna señal.',
    silent: span =>
      `Los datos más recientes son de hace ${span}. Silencio no es salud: lo que sigue es lo último que se supo.`,
  },
  age: {
    asOf: 'Datos hasta',
    newest: 'dato más reciente:',
    late: span =>
      `Esta página muestra el estado de hace ${span}: Epicenter mismo va con retraso. El fallo es nuestro y no dice nada de los servicios.`,
  },

  report: {
    title: '¿Cómo te va a ti?',
    bad: 'Tengo un problema',
    ok: 'A mí me funciona',
    details: 'Añadir detalles (opcional)',
    problem: 'Qué falla',
    country: 'País',
    platform: 'Dónde lo usas',
    text: 'Qué ves',
    choose: 'Prefiero no decirlo',
    note: 'Basta un toque. Sin cuenta; cada persona cuenta una vez por servicio en 24 horas.',
    thanksBad: 'Gracias. Tu problema está contado; se verá en la próxima actualización de la página.',
    thanksOk: 'Gracias. Tu «me funciona» está contado: muestra a quién no le afecta.',
    thanksNoted:
      'Gracias. Ahora mismo llegan muchísimos informes desde tu red: el tuyo queda anotado, pero no suma al recuento.',
    failed: 'No se ha podido enviar. Inténtalo de nuevo en un minuto.',
    platforms: {
      web: 'Navegador web',
      ios: 'iPhone o iPad',
      android: 'Android',
      desktop: 'Aplicación de escritorio',
      api: 'API',
    },
    problems: {
      payment: 'Pagos',
      login: 'Iniciar sesión',
      app: 'La aplicación',
      website: 'El sitio web',
      sending: 'Envíos y subidas',
      missing: 'Falta algo',
      slow: 'Va lento',
      error: 'Mensajes de error',
      quality: 'Malas respuestas',
      unreachable: 'No abre o no carga',
      other: 'Otra cosa',
    },
  },

  chart: {
    unit: minutes => `cada ${minutes} min`,
    usual: 'nivel habitual',
    band: 'rango normal',
    bandRule: 'El rango normal acaba en el nivel que, si nada falla, se supera una vez cada 1.000 intervalos.',
    high: 'más de lo normal',
    normal: 'dentro del rango normal',
    incidentSince: at => `Incidente desde ${at}`,
    incidentBetween: (from, until) => `Incidente ${from}–${until}`,
    gap: 'sin datos',
    filling: 'aún incompleto',
    atMost: peak => `${peak} como máximo`,
    works: 'Respuestas «me funciona»',
    errors: 'Solicitudes fallidas',
    table: 'Las cifras',
    range3: '3 horas',
    range24: '24 horas',
    range7: '7 días',
    range: 'Periodo',
    describe: (peak, at, ratio, total) =>
      `${peak} como máximo en un intervalo, a las ${at}${ratio ? `, ${ratio} el nivel habitual` : ''}. ${total} en total.`,
    describeGaps: n => `Sin datos durante ${n}.`,
    columns: {
      from: 'Desde (UTC)',
      bad: 'Con problemas',
      usual: 'Habitual',
      works: 'Me funciona',
      errors: 'Fallidas',
    },
    markers: 'Marcado en el gráfico',
  },

  mix: {
    title: 'De qué se informa',
    of: (n, span) =>
      some(n, {
        one: `Sobre ${n} informe de los últimos ${span} que dice qué falla.`,
        many: `Sobre ${n} de informes de los últimos ${span} que dicen qué falla.`,
        other: `Sobre ${n} informes de los últimos ${span} que dicen qué falla.`,
      }),
  },

  map: {
    title: 'Dónde',
    describe: (n, top) =>
      `Mapa del mundo, ${some(n, { one: `${n} país coloreado`, many: `${n} de países coloreados`, other: `${n} países coloreados` })} según sus informes frente a su propio nivel habitual. Más por encima: ${top}.`,
    rule: span =>
      `Color: informes de problemas (${span}) divididos entre lo que ese país suele enviar en el mismo tiempo (media de los últimos 7 días fuera de incidentes). Así un país pequeño no queda tapado por uno grande. Menos de 3 informes: sin color.`,
    legend: 'Veces el nivel habitual',
    table: 'Todos los países',
    columns: {
      country: 'País',
      reports: 'Informes',
      perMillion: 'Por millón en línea',
      usual: 'Habitual',
      ratio: 'Proporción',
      works: 'Me funciona',
    },
    few: 'menos de 3',
  },

  who: {
    affected: 'A quién afecta',
    fine: 'A quién no afecta',
    share: 'con fallos',
    was: 'A quién afectó',
    noSegment: 'Todavía sin localizar.',
    noneLeft: 'Ya no destaca ningún grupo.',
    noFine: 'Todavía no consta que nada esté libre del problema.',
    unevenBy: labels => `se explica por: ${labels}`,
    unevenNone: 'nada de lo observado lo explica',
    unevenHit: (hit: string, among: string) =>
      `Cerca del ${hit} de sus solicitudes está en una parte afectada; allí falla el ${among}.`,
    components: 'Componentes afectados',
  },

  recent: {
    title: 'Cambios y avisos recientes',
    says: source => `${source} dice`,
    vendor: 'El proveedor',
    reverts: 'deshace un cambio anterior',
    note: 'Se enumeran porque ocurrieron, no porque provocaran algo.',
  },

  past: {
    title: 'Incidentes anteriores',
    empty: 'No se ha registrado ningún incidente.',
    lasted: span => `duró ${span}`,
    ongoing: 'en curso',
    before: 'Incidentes más antiguos',
    title2: 'Incidentes por mes',
  },

  evidence: evidenceWords.es,
  watched: watchedWords.es,
  look: esLook,
  incident: esIncident,
  says: esSays,
  ...esPeople,

  problem: {
    404: pair(
      'Aquí no hay nada',
      'No hay ninguna página en esta dirección. Puede estar mal escrita, o el servicio o incidente puede llamarse de otra forma.',
    ),
    400: pair('Esa dirección no es correcta', 'Una parte de la dirección no se puede leer.'),
    500: pair(
      'Algo ha fallado por nuestra parte',
      'No se ha podido generar la página. No significa que ningún servicio vigilado esté caído.',
    ),
    503: pair('Aún no está listo', 'Las páginas no están listas. Inténtalo de nuevo en un momento.'),
    back: 'Todos los servicios ahora',
  },
}
