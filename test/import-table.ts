/** The map of the house: who may import whom, and which packages enter where. `app/core/README.md` shows it, too. */
import { NODE, type Room } from './imports.ts';

// A file belongs to the most specific room that holds it.
// prettier-ignore
export const TABLE: readonly Room[] = [
  // room                            rooms it may import, besides itself                               packages
  ['signal/wire',                    [],                                                               ['valibot']],
  ['signal',                         ['signal/wire'],                                                  ['ws', 'better-sqlite3', 'pino', 'rate-limiter-flexible', 'valibot', NODE]],
  ['signal/storage',                 ['signal', 'signal/wire'],                                        ['better-sqlite3', 'pino', NODE]],

  ['app/core/base',                  ['signal/wire'],                                                  []],
  ['app/core/crypto',                ['app/core/base', 'signal/wire'],                                 ['@noble/post-quantum']],
  ['app/core/envelope',              ['app/core/base', 'app/core/crypto', 'signal/wire'],              []],
  ['app/core/session',               ['app/core/base', 'app/core/crypto', 'app/core/envelope', 'signal/wire'], []],
  ['app/core/log',                   ['app/core/base', 'app/core/crypto', 'app/core/envelope', 'signal/wire'], []],
  ['app/core/identity',              ['app/core/base', 'app/core/crypto', 'signal/wire'],              []],
  ['app/core/backup',                ['app/core/base', 'app/core/crypto', 'app/core/identity', 'app/core/log', 'signal/wire'], []],
  ['app/core/transport',             ['app/core/base', 'signal/wire'],                                 []],
  ['app/core/chat',                  ['app/core', 'signal/wire'],                                      []],

  ['app/words',                      ['app/core', 'signal/wire'],                                      []],

  ['app/platform/webrtc',            ['app/core', 'signal/wire'],                                      []],
  ['app/platform/webrtc/peer-link.ts', ['app/core', 'app/platform/webrtc', 'signal/wire'],             ['simple-peer']],
  ['app/platform/profile',           ['app/core', 'signal/wire'],                                      []],
  ['app/platform/profile/argon2.ts', ['app/core'],                                                     ['hash-wasm']],
  ['app/platform/profile/recovery-code.ts', ['app/core', 'app/platform/profile', 'signal/wire'],       ['@scure/bip39']],
  ['app/platform/browser',           ['app/core', 'app/platform/profile', 'signal/wire'],              []],
  ['app/platform/browser/camera.ts', ['app/core', 'app/platform/browser', 'signal/wire'],              ['qr']],
  ['app/platform/browser/idb-store.ts', ['app/core', 'app/platform/browser', 'app/platform/profile', 'signal/wire'], ['idb-keyval']],
  ['app/platform/node',              ['app/core', 'app/platform/profile', 'signal/wire'],              [NODE]],
  ['app/platform/node/node-link.ts', ['app/core', 'app/platform/webrtc'],                              ['@roamhq/wrtc']],
  ['app/platform/node/socket.ts',    ['signal/wire'],                                                  ['ws']],
  ['app/platform/node/sqlite-store.ts', ['app/core', 'app/platform/profile', 'signal/wire'],           ['better-sqlite3', NODE]],

  ['app/ui',                         ['app/core/chat', 'app/words', 'app/platform/webrtc', 'app/platform/profile', 'app/platform/browser'], ['svelte', 'bits-ui', '@lucide/svelte', 'qr']],
  // It puts the parts together.
  ['app/ui/main.ts',                 ['app/core', 'app/platform/webrtc', 'app/platform/profile', 'app/platform/browser', 'app/ui'], ['svelte']],

  ['app/cli',                        ['app/core/chat', 'app/words', 'app/platform/profile', 'app/platform/node'], ['commander', 'picocolors', 'read', 'valibot', NODE]],
  ['app/cli/vite.config.ts',         [],                                                               ['vite']],
];
