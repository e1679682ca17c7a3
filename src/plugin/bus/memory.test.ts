import { testLog } from '../../testing/log-contract.js'
import memory from './memory.js'

testLog('memory', { open: () => memory.open({}, undefined as never, { file: '' }) })
