/** Of this program, as it tells itself to those who ask. */
export const VERSION = '0.1.0'
