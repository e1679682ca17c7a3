import { CellServer } from './cell.js'
import { Clients } from './clients.js'
import { EdgeServer } from './edge.js'
import { type Order, type Place, say } from '../role.js'
import { reap } from './reaper.js'
import { relay } from './relay.js'
import { config, store } from './stores.js'

// One process of the assistant. What it is stands in its first argument; it ends when the one who started it does.

/** Time for what was counted last to be exported. */
const LAST_WORDS_MS = 1_500

const takers: ((order: Order) => void)[] = []
const onOrder = (take: (order: Order) => void): void => void takers.push(take)
process.on('message', (order: Order) => {
  for (const take of takers) take(order)
  if (order.do === 'stop') setTimeout(() => process.exit(0), LAST_WORDS_MS)
})
process.on('disconnect', () => process.exit(0))
// A terminal's Ctrl+C reaches all processes; the one who started them stops them in order.
process.on('SIGINT', () => undefined)

async function open(place: Place): Promise<number> {
  switch (place.role) {
    case 'config':
      return config(onOrder)
    case 'store':
      return store(place, onOrder)
    case 'cell':
      return new CellServer(place).start(onOrder)
    case 'edge':
      return new EdgeServer(place).start(onOrder)
    case 'relay':
      return relay(place)
    case 'reaper':
      return reap(place)
    case 'clients':
      new Clients(place).start(onOrder)
      return 0
  }
}

void open(JSON.parse(process.argv[2] ?? '{}') as Place).then(port => say({ says: 'listens', port }))
