import { testStore } from '../../testing/store-contract.js'
import memory from './memory.js'

testStore('memory', { open: () => memory.open({}, undefined as never, { file: '' }) })
