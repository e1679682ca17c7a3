export { localize, type LocalizeOptions, type RootCause } from './localize.js'
export { findOverMentioned, LEAST_PEOPLE, QUOTED_BITS, type OverMentioned, type Mentionable } from './over-mentioned.js'
export { DEFAULT_DISPERSION, segment, type Segmentation, type SegmentFound, type SegmentOptions } from './segment.js'
export { kindOf, leavesOf, TableBuilder, type Kind, type LeafTable } from './table.js'
