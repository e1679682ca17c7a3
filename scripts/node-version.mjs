// Written so that an old Node can still read it and say what is wrong.
const WANTED_MAJOR = 20
const WANTED_MINOR = 19

export const NODE_WANTED = `Epicenter needs Node ${WANTED_MAJOR}.${WANTED_MINOR} or newer`

export function nodeIsTooOld(version = process.versions.node) {
  const [major, minor] = version.split('.').map(Number)
  return major < WANTED_MAJOR || (major === WANTED_MAJOR && minor < WANTED_MINOR)
}
