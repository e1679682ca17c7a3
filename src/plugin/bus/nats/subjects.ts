/** Marks by which partitions know that a batch is there, and what of it is theirs. */
export const ENDS = 'ends'
export const laneSubject = (partition: number): string => `lane.${partition}`
