/**
 * What the settings ask a person for: to protect the profile, or a recovery code that a backup waits for. One thing at a time,
 * as a second recovery code undoes the first.
 */
export type Asked = 'passphrase' | 'passphrase alone' | 'recovery code' | 'both' | 'code for server' | 'code for file';
