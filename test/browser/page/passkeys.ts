/** Gives a page what makes and asks passkeys. */
import { askPasskey, createPasskey, forgetPasskey } from '../../../app/platform/browser/passkey.ts';

Object.assign(window, { passkeys: { askPasskey, createPasskey, forgetPasskey } });
