export { localize, type LocalizeOptions, type RootCause } from './localize.js'
export { DEFAULT_DISPERSION, segment, type Segmentation, type SegmentFound, type SegmentOptions } from './segment.js'
export { kindOf, leavesOf, TableBuilder, type Kind, type LeafTable } from './table.js'
