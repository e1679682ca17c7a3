import type { Strings } from '../en/service.js'
import { ptIncident, ptSays } from './incident.js'
import { ptPeople } from './people.js'
import { evidenceWords } from '../evidence.js'
import { watchedWords } from '../watched.js'
import { ptLook } from './look.js'
import { pair, plurals, type Count } from '../plural.js'

const some = plurals<'one' | 'many'>('pt-BR')
const reports = (n: Count) => some(n, { one: `${n} relato`, many: `${n} de relatos`, other: `${n} relatos` })

export const pt: Strings = {
  lang: 'pt',
  locale: 'pt-BR',
  name: 'Português',
  direction: 'ltr',
  latin: true,
  comma: ', ',
  semicolon: '; ',
  colon: ': ',
  inline: phrase => phrase.toLocaleLowerCase('pt'),
  quotes: pair('“', '”'),
  product: 'Epicenter',
  skip: 'Ir para o conteúdo',
  nav: { label: 'Páginas', now: 'Agora', history: 'Incidentes', api: 'O mesmo em JSON: como ler' },
  footer: {
    rule: 'Os estados vêm de relatos de pessoas, publicações, verificações e métricas, comparados com o nível habitual para aquela hora da semana.',
    clock: zone => `Todos os horários estão em ${zone}.`,
    noScript: 'Esta página funciona sem scripts; recarregue para ver novidades.',
    languages: 'Idioma',
    theme: 'Cores',
    themes: { system: 'Como o sistema', light: 'Claro', dark: 'Escuro' },
  },

  state: {
    ok: 'Funcionando',
    watching: 'Em observação',
    degraded: 'Com problemas',
    outage: 'Fora do ar',
    unknown: 'Desconhecido',
  },
  severity: { minor: 'leve', major: 'grave', critical: 'crítico' },
  event: {
    opened: 'Aberto',
    updated: 'Atualizado',
    recovering: 'Em recuperação',
    resolved: 'Resolvido',
    reopened: 'Reaberto',
    note: 'Observação',
  },
  security: {
    no_evidence: 'Sem indícios de ataque ou invasão',
    suspected: 'Suspeita de ataque, não confirmada',
    confirmed: 'Confirmado: incidente de segurança',
    ruled_out: 'Um ataque foi descartado',
  },
  causeState: { suspected: 'Suspeita', ruled_out: 'Descartada', confirmed: 'Confirmada' },
  changeKind: {
    deploy: 'Implantação',
    config: 'Mudança de configuração',
    flag: 'Chave de recurso',
    launch: 'Lançamento',
    maintenance: 'Manutenção',
    vendor: 'Mudança do fornecedor',
    migration: 'Migração',
    mitigation: 'Mitigação',
  },
  noticeStatus: {
    investigating: 'em investigação',
    identified: 'identificado',
    monitoring: 'em monitoramento',
    resolved: 'resolvido',
    postmortem: 'a posteriori',
    scheduled: 'programado',
    in_progress: 'em andamento',
  },
  label: {
    cell: pair('célula', 'células'),
    tier: pair('plano', 'planos'),
    country: pair('país', 'países'),
    region: pair('região', 'regiões'),
    city: pair('cidade', 'cidades'),
    component: pair('componente', 'componentes'),
    platform: pair('plataforma', 'plataformas'),
    version: pair('versão', 'versões'),
    isp: pair('provedor', 'provedores'),
    asn: pair('rede', 'redes'),
    network: pair('tipo de rede', 'tipos de rede'),
    pop: pair('ponto de borda', 'pontos de borda'),
    vantage: pair('ponto de medição', 'pontos de medição'),
    lang: pair('idioma', 'idiomas'),
    problem: pair('problema', 'problemas'),
  },
  signal: {
    report: 'Relatos',
    post: 'Publicações',
    check: 'Verificações',
    metric: 'Métricas',
    change: 'Mudanças',
    notice: 'Avisos do fornecedor',
  },
  everybody: 'todo mundo',
  and: 'e',
  more: n => `mais ${n}`,
  since: 'desde',

  now: {
    allOk: n => `Todos os ${n} serviços estão funcionando`,
    nothing: 'Nenhum serviço é monitorado ainda',
    nothingHow:
      'Envie sinais para POST /api/v1/signals ou nomeie serviços no arquivo de configuração; eles aparecem aqui com o primeiro sinal.',
    troubled: (n, names) => `${names} ${n === 1 ? 'está' : 'estão'} com problemas`,
    watched: (n, names) => `Nada fora do ar; ${names} ${n === 1 ? 'está' : 'estão'} em observação`,
    watchedShort: n => `${n} em observação`,
    notes: 'Vale saber',
    rest: ok => `${ok} sem problemas`,
    unknown: n => `${n} em estado desconhecido`,
    onlyUnknown: 'Sem dados: o estado é desconhecido',
    noOutage: 'Nenhuma queda à vista',
    services: 'Serviços',
    open: 'Incidentes abertos',
    last24: 'Últimas 24 horas',
  },

  status: {
    ok: service => `${service} está funcionando`,
    watching: service => `${service}: algo pode estar começando`,
    degraded: service => `${service} está com problemas`,
    outage: service => `${service} está fora do ar para muita gente`,
    recovering: service => `${service} está se recuperando`,
    unknown: service => `Não sabemos como ${service} está`,
  },
  reason: {
    usual: (bad, usual) =>
      `${reports(bad)} de problemas nos últimos 15 minutos; o habitual para este horário: ${usual}.`,
    above: (bad, ratio) => `${reports(bad)} de problemas nos últimos 15 minutos, ${ratio} o nível habitual.`,
    quietNow: (bad, usual) =>
      `Os relatos estão perto do nível habitual (${bad} em 15 minutos; habitual: ${usual}), mas o incidente não acabou.`,
    neverSeen: 'Nenhum sinal chegou ainda.',
    silent: span =>
      `Os dados mais recentes são de ${span} atrás. Silêncio não é saúde: o que segue é o último estado conhecido.`,
  },
  age: {
    asOf: 'Dados até',
    newest: 'mais recente:',
    late: span =>
      `Esta página mostra o estado de há ${span}: o próprio Epicenter está atrasado. A falha é nossa e nada diz sobre os serviços.`,
  },

  report: {
    title: 'Como está para você?',
    bad: 'Estou com problema',
    ok: 'Para mim funciona',
    details: 'Adicionar detalhes (opcional)',
    problem: 'O que falha',
    country: 'País',
    platform: 'Onde você usa',
    text: 'O que você vê',
    choose: 'Prefiro não dizer',
    note: 'Um toque basta. Sem conta; cada pessoa conta uma vez por serviço em 24 horas.',
    thanksBad: 'Obrigado. Seu problema foi contado; aparece na próxima atualização desta página.',
    thanksOk: 'Obrigado. Seu “funciona” foi contado: mostra quem não é afetado.',
    thanksNoted:
      'Obrigado. Há muitíssimos relatos vindos da sua rede agora: o seu foi anotado, mas não entra na contagem.',
    failed: 'Não foi possível enviar. Tente de novo em um minuto.',
    platforms: {
      web: 'Navegador',
      ios: 'iPhone ou iPad',
      android: 'Android',
      desktop: 'Aplicativo de computador',
      api: 'API',
    },
    problems: {
      payment: 'Pagamentos',
      login: 'Entrar na conta',
      app: 'O aplicativo',
      website: 'O site',
      sending: 'Envios',
      missing: 'Falta alguma coisa',
      slow: 'Está lento',
      error: 'Mensagens de erro',
      quality: 'Respostas ruins',
      unreachable: 'Não abre ou não carrega',
      other: 'Outra coisa',
    },
  },

  chart: {
    unit: minutes => `a cada ${minutes} min`,
    usual: 'nível habitual',
    band: 'faixa normal',
    bandRule:
      'A faixa normal termina no nível que, sem problema algum, é ultrapassado uma vez a cada 1.000 intervalos.',
    high: 'acima do normal',
    normal: 'dentro da faixa normal',
    incidentSince: at => `Incidente desde ${at}`,
    incidentBetween: (from, until) => `Incidente ${from}–${until}`,
    gap: 'sem dados',
    filling: 'ainda incompleto',
    atMost: peak => `no máximo ${peak}`,
    works: 'Respostas “funciona”',
    errors: 'Solicitações com falha',
    table: 'Os números',
    range3: '3 horas',
    range24: '24 horas',
    range7: '7 dias',
    range: 'Período',
    describe: (peak, at, ratio, total) =>
      `No máximo ${peak} em um intervalo, às ${at}${ratio ? `, ${ratio} o nível habitual` : ''}. ${total} no total.`,
    describeGaps: n => `Sem dados por ${n}.`,
    columns: {
      from: 'Desde (UTC)',
      bad: 'Problemas',
      usual: 'Habitual',
      works: 'Funciona',
      errors: 'Com falha',
    },
    markers: 'Marcado no gráfico',
  },

  mix: {
    title: 'O que as pessoas relatam',
    of: (n, span) =>
      some(n, {
        one: `De ${n} relato (${span}) que diz o que falha.`,
        many: `De ${n} de relatos (${span}) que dizem o que falha.`,
        other: `De ${n} relatos (${span}) que dizem o que falha.`,
      }),
  },

  map: {
    title: 'Onde',
    describe: (n, top) =>
      `Mapa-múndi, ${some(n, { one: `${n} país colorido`, many: `${n} de países coloridos`, other: `${n} países coloridos` })} conforme os relatos em relação ao próprio nível habitual. Mais acima do habitual: ${top}.`,
    rule: span =>
      `Cor: relatos de problemas (${span}) divididos pelo que o país costuma enviar no mesmo tempo (média dos últimos 7 dias, fora de incidentes). Assim um país pequeno não some ao lado de um grande. Menos de 3 relatos: sem cor.`,
    legend: 'Vezes o nível habitual',
    table: 'Todos os países',
    columns: {
      country: 'País',
      reports: 'Relatos',
      perMillion: 'Por milhão on-line',
      usual: 'Habitual',
      ratio: 'Razão',
      works: 'Funciona',
    },
    few: 'menos de 3',
  },

  who: {
    affected: 'Quem é afetado',
    fine: 'Quem não é afetado',
    share: 'com falhas',
    was: 'Quem foi afetado',
    noSegment: 'Ainda não localizado.',
    noneLeft: 'Nenhum grupo se destaca mais.',
    noFine: 'Ainda não se sabe o que está livre do problema.',
    unevenBy: labels => `explicado por: ${labels}`,
    unevenNone: 'nada do que foi observado explica',
    unevenHit: (hit: string, among: string) =>
      `Cerca de ${hit} das suas solicitações estão numa parte atingida; ali falham ${among}.`,
    components: 'Componentes afetados',
  },

  recent: {
    title: 'Mudanças e avisos recentes',
    says: source => `${source} diz`,
    vendor: 'O fornecedor',
    reverts: 'desfaz uma mudança anterior',
    note: 'Listados porque aconteceram, não porque provocaram algo.',
  },

  past: {
    title: 'Incidentes anteriores',
    empty: 'Nenhum incidente foi registrado.',
    lasted: span => `durou ${span}`,
    ongoing: 'em andamento',
    before: 'Incidentes mais antigos',
    title2: 'Incidentes por mês',
  },

  evidence: evidenceWords.pt,
  watched: watchedWords.pt,
  look: ptLook,
  incident: ptIncident,
  says: ptSays,
  ...ptPeople,

  problem: {
    404: pair(
      'Não há nada aqui',
      'Não existe página neste endereço. Ele pode estar digitado errado, ou o serviço ou incidente pode ter outro nome.',
    ),
    400: pair('Esse endereço não está certo', 'Uma parte do endereço não pode ser lida.'),
    500: pair(
      'Algo quebrou do nosso lado',
      'A página não pôde ser gerada. Isso não indica que algum serviço monitorado esteja fora do ar.',
    ),
    503: pair('Ainda não está pronto', 'As páginas não estão prontas. Tente de novo em instantes.'),
    back: 'Todos os serviços agora',
  },
}
