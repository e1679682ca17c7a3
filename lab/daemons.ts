import { type ChildProcess, execFileSync, spawn, type SpawnOptions, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, chownSync, cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from './recipes.js'

// Real servers of Debian's packages, each in a folder and at a port of its own, for the probes to look at.

export interface Daemon {
  port: number
  /** Holds all its processes, so that it is connected to and says nothing; and lets them go on. */
  hold(): void
  release(): void
  /** From here on nobody hears of it, and it hears nobody; what is returned ends that. */
  cut(): () => void
  stop(): Promise<void>
  /** Killed, and begun anew with the same data and port; `down`: what is done in between. */
  restart(down?: () => Promise<void>): Promise<void>
}

/** Users of NATS servers are numbered from here, by their ports. */
const NATS_USERS = 200_000

export class Daemons {
  readonly folder = mkdtempSync(join(tmpdir(), 'epicenter-daemons-'))
  private readonly running: Daemon[] = []

  constructor() {
    // The servers' own users have to reach their folders.
    chmodSync(this.folder, 0o755)
  }

  /** `ssl`: speaks TLS. */
  async nginx(site: string, ssl: 'ssl' | '' = ''): Promise<Daemon> {
    const port = await freePort()
    const own = `${this.folder}/nginx-${port}`
    const file = this.written(
      `nginx-${port}.conf`,
      `daemon off; user root; pid ${own}.pid; error_log ${own}.log; worker_processes 1;
events {} http { access_log off; client_body_temp_path ${own}-body;
server { listen 127.0.0.1:${port} ${ssl}; ${site} } }`,
    )
    return this.started(port, '/usr/sbin/nginx', ['-c', file])
  }

  async redis(...more: string[]): Promise<Daemon> {
    const port = await freePort()
    const args = ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--dir', this.folder, ...more]
    return this.started(port, '/usr/bin/redis-server', args)
  }

  /** A name server that knows what its arguments say, and asks nobody else. */
  async names(...more: string[]): Promise<Daemon> {
    const port = await freePort()
    const args = ['--keep-in-foreground', '--no-resolv', '--no-hosts', '--bind-interfaces', '--conf-file=/dev/null']
    return this.started(port, '/usr/sbin/dnsmasq', [
      ...args,
      '--listen-address=127.0.0.1',
      `--port=${port}`,
      '--pid-file',
      ...more,
    ])
  }

  /** With the user watcher, whose password is hush, and every right. */
  async postgresql(...more: string[]): Promise<Daemon> {
    const port = await freePort()
    const base = '/usr/lib/postgresql'
    const bin = join(base, readdirSync(base).toSorted().at(-1)!, 'bin')
    const data = join(this.folder, `postgresql-${port}`)
    mkdirSync(data)
    const [uid, gid] = ['-u', '-g'].map(each => Number(execFileSync('id', [each, 'postgres']))) as [number, number]
    chownSync(data, uid, gid)
    const secret = this.written('pg-password', 'hush')
    const as = { uid, gid, env: { PATH: '/usr/bin:/bin', HOME: data, LANG: 'C' }, stdio: 'ignore' as const }
    execFileSync(
      join(bin, 'initdb'),
      ['-D', data, '-U', 'watcher', '-A', 'scram-sha-256', '--pwfile', secret, '-N'],
      as,
    )
    const args = [
      '-D',
      data,
      '-h',
      '127.0.0.1',
      '-p',
      `${port}`,
      '-k',
      data,
      '-F',
      '-c',
      more.length > 0 ? 'max_connections=40' : 'max_connections=4',
    ]
    const daemon = await this.started(port, join(bin, 'postgres'), [...args, ...more], as)
    // It listens before it answers.
    const ready = async () => {
      for (
        let tries = 0;
        spawnSync(join(bin, 'pg_isready'), ['-q', '-h', '127.0.0.1', '-p', `${port}`]).status !== 0;
        tries++
      ) {
        if (tries === 200) throw new Error('PostgreSQL does not get ready')
        await new Promise(done => setTimeout(done, 50))
      }
    }
    await ready()
    const { restart } = daemon
    daemon.restart = async down => {
      await restart(down)
      await ready()
    }
    return daemon
  }

  /** One NATS server with JetStream; further lines of its configuration. */
  async nats(more = ''): Promise<Daemon> {
    return this.natsAt(await freePort(), more)
  }

  /** Three that are one cluster. */
  async natsCluster(): Promise<Daemon[]> {
    const ports = await Promise.all(Array.from({ length: 6 }, () => freePort()))
    const routes = ports.slice(3).map(port => `nats://127.0.0.1:${port}`)
    const cluster = (i: number) =>
      `cluster { name: three, listen: "127.0.0.1:${ports[3 + i]}", routes: [${routes.map(each => `"${each}"`).join(', ')}] }`
    // Users of their own, so that a rule of the kernel knows what each says.
    return Promise.all([0, 1, 2].map(i => this.natsAt(ports[i]!, cluster(i), NATS_USERS + ports[i]!)))
  }

  private natsAt(port: number, more: string, uid?: number): Promise<Daemon> {
    const store = join(this.folder, `nats-${port}`)
    const file = this.written(
      `nats-${port}.conf`,
      `listen: "127.0.0.1:${port}"\nserver_name: n${port}\njetstream { store_dir: "${store}", max_mem: 64MB, max_file: 4GB }\n${more}\n`,
    )
    mkdirSync(store)
    if (uid === undefined) return this.started(port, '/usr/sbin/nats-server', ['-c', file])
    chownSync(store, uid, uid)
    return this.started(port, '/usr/sbin/nats-server', ['-c', file], { uid, gid: uid })
  }

  /** Takes mail for mail.example, and for nobody else. */
  async postfix(...more: string[]): Promise<Daemon> {
    const port = await freePort()
    const etc = join(this.folder, `postfix-${port}`)
    mkdirSync(etc)
    const [queue, data] = [join(etc, 'queue'), join(etc, 'data')]
    mkdirSync(queue)
    mkdirSync(data)
    execFileSync('chown', ['postfix', data])
    const settings = {
      compatibility_level: '3.6',
      queue_directory: queue,
      data_directory: data,
      command_directory: '/usr/sbin',
      daemon_directory: '/usr/lib/postfix/sbin',
      inet_interfaces: '127.0.0.1',
      myhostname: 'mail.example',
      mydestination: 'mail.example',
      mynetworks: '192.0.2.0/24',
      local_recipient_maps: '',
      alias_maps: '',
      smtpd_relay_restrictions: 'reject_unauth_destination',
      maillog_file: join(etc, 'log'),
      maillog_file_prefixes: etc,
    }
    const lines = [...Object.entries(settings).map(([key, value]) => `${key} = ${value}`), ...more]
    writeFileSync(join(etc, 'main.cf'), `${lines.join('\n')}\n`)
    cpSync('/usr/share/postfix/master.cf.dist', join(etc, 'master.cf'))
    const master = execFileSync('cat', [join(etc, 'master.cf')], { encoding: 'utf8' })
    const own = master
      .replace(/^smtp +inet.*$/m, `127.0.0.1:${port} inet n - n - - smtpd`)
      .replaceAll(/^(\S+\s+(?:unix|fifo|unix-dgram)\s+\S+\s+\S+\s+)y(\s)/gm, '$1n$2')
    writeFileSync(join(etc, 'master.cf'), `postlog unix-dgram n - n - 1 postlogd\n${own}`)
    const daemon = await this.started(port, '/usr/sbin/postfix', ['-c', etc, 'start-fg'])
    // Its processes leave the group that they were born into: it ends them itself.
    const { stop } = daemon
    daemon.stop = async () => {
      spawnSync('/usr/sbin/postfix', ['-c', etc, 'abort'], { stdio: 'ignore' })
      await stop()
    }
    return daemon
  }

  async stop(): Promise<void> {
    for (const each of this.running.toReversed()) await each.stop()
    rmSync(this.folder, { recursive: true, force: true })
  }

  private written(name: string, text: string): string {
    const file = join(this.folder, name)
    writeFileSync(file, text)
    return file
  }

  private async started(
    port: number,
    program: string,
    args: string[],
    options: SpawnOptions & { stdio?: 'ignore' } = {},
  ): Promise<Daemon> {
    const { uid } = options
    // A group of its own, so that all its processes are held and ended together.
    const begin = () => spawn(program, args, { stdio: 'ignore', ...options, detached: true })
    let child = begin()
    const signal = (name: NodeJS.Signals) => {
      try {
        process.kill(-child.pid!, name)
      } catch {
        // It has ended by itself.
      }
    }
    let undo = () => {}
    const daemon: Daemon = {
      port,
      hold: () => signal('SIGSTOP'),
      release: () => signal('SIGCONT'),
      cut() {
        const rule = ['OUTPUT', '-m', 'owner', '--uid-owner', String(uid), '-j', 'DROP']
        const done = uid !== undefined && spawnSync('iptables', ['-w', '-I', ...rule], { stdio: 'ignore' }).status === 0
        if (!done) return (daemon.hold(), daemon.release)
        undo = () => {
          undo = () => {}
          spawnSync('iptables', ['-w', '-D', ...rule], { stdio: 'ignore' })
        }
        return () => undo()
      },
      async stop() {
        undo()
        const { exitCode, signalCode } = child
        const ended = exitCode === null && signalCode === null ? once(child, 'exit') : null
        signal('SIGCONT')
        signal('SIGKILL')
        await ended
      },
      async restart(down = async () => {}) {
        await daemon.stop()
        await down()
        // What it left behind may hold its memory for a moment longer.
        for (let tries = 0; ; tries++) {
          child = begin()
          try {
            return await listening(port, child, program)
          } catch (error) {
            if (tries === 20) throw error
            await new Promise(done => setTimeout(done, 200))
          }
        }
      },
    }
    this.running.push(daemon)
    await listening(port, child, program)
    return daemon
  }
}

/** @throws where it has ended, or does not listen within twenty seconds */
async function listening(port: number, child: ChildProcess, program: string): Promise<void> {
  for (let i = 0; i < 200; i++) {
    if (child.exitCode !== null) throw new Error(`${program} has ended with ${child.exitCode}`)
    const there = await new Promise<boolean>(done => {
      const socket = connect(port, '127.0.0.1')
      socket.once('connect', () => (socket.destroy(), done(true)))
      socket.once('error', () => done(false))
    })
    if (there) return
    await new Promise(done => setTimeout(done, 100))
  }
  throw new Error(`${program} does not listen at ${port}`)
}
