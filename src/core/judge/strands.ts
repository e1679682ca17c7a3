import type { Finding } from '../../contract/finding.js'

export type Strand = Finding['strand']
