import { describe, expect, it } from 'vitest'
import { isCommon } from './common-password.js'
import { passwordFault } from './passwords.js'

describe('a password that everybody chooses', () => {
  it.each([
    '123456789012',
    'qwertyuiop12',
    '1q2w3e4r5t6y',
    'q1w2e3r4t5y6',
    '1qaz2wsx3edc',
    'qazwsxedc123',
    'zxcasdqwe123',
    'passwordpassword',
    'Password12345!',
    'P@ssw0rd2024!',
    'iloveyou1234',
    'welcome12345',
    'letmein123456',
    'Summer2024!!',
    'administrator1',
    'football1234',
    'abcd12345678',
    'asdfghjkl123',
    'princess2010!',
    'Epicenter2026',
    'changeme123!',
  ])('%s is refused', password => {
    expect(isCommon(password)).toBe(true)
    expect(passwordFault(password, 'ana')).not.toBeNull()
  })
  it.each([
    'correct horse battery',
    'Tr0ub4dor&3 staple',
    'mäuse fressen käse',
    'k3Yq-0vLx-9sWm',
    'the password of my aunt Hilde',
    '夜中に電話が鳴りました今夜',
  ])('%s will do', password => expect(isCommon(password)).toBe(false))
})
