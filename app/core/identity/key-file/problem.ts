/** What can be wrong with a key file. It is the person's own, so each refusal says why, in one sentence, and what helps. */
import { ChatError } from '../../base/errors.ts';

const SENTENCES = {
  'too-large': 'This file is too large to hold one key: choose the file with your RSA key.',
  binary:
    'This file is not text: write your key as PEM with “openssl pkey -in KEY -aes256 -out key.pem” and choose that.',
  'not-a-key': 'This is not a key file that Sotto knows: choose an RSA private key as PEM or JWK.',
  public: 'This is a public key: choose the file with the private one.',
  certificate: 'This is a certificate: choose the file with its private key.',
  openssh:
    'This is a key for OpenSSH: turn a copy of it into PEM with “ssh-keygen -p -m PKCS8 -f COPY” and choose that copy.',
  several: 'There is more in this file than one private key: leave nothing but your RSA key in it.',
  damaged: 'This key file is damaged or cut short: choose a whole copy of it.',
  'not-rsa': 'This key is not an RSA key: choose one of 3072 or 4096 bits.',
  restricted: 'This RSA key is bound to one scheme (RSASSA-PSS or RSAES-OAEP): choose a plain RSA key.',
  'too-short': 'This key is too short to be safe: choose an RSA key of 3072 or 4096 bits.',
  'too-long': 'This key is longer than Sotto takes: choose an RSA key of 3072 or 4096 bits.',
  'odd-size': 'This key has neither 3072 nor 4096 bits: choose an RSA key of one of these sizes.',
  exponent: 'The public exponent of this key is not 65537, the only one Sotto takes: choose another RSA key.',
  'more-primes': 'This RSA key has more than two primes: choose one with two, as nearly all have.',
  inconsistent: 'The numbers in this key do not fit together: choose an undamaged copy of it.',
  'jwk-purpose': 'This JWK says that it is not for signing with PS256 (use, key_ops or alg): choose one that is.',
  'jwk-incomplete': 'This JWK lacks some of its numbers (n, e, d, p, q, dp, dq, qi): export it anew with all of them.',
  'password-needed': 'This key file is encrypted: type its password.',
  'wrong-password': 'That is not the password of this key file: try again.',
  scrypt:
    'This file is encrypted by way of scrypt, which Sotto cannot open: make a copy with “openssl pkey -in KEY -aes256 -out key.pem” and choose that.',
  'other-encryption':
    'This file is encrypted in a way that Sotto does not open: make a copy with “openssl pkey -in KEY -aes256 -out key.pem” and choose that.',
  'too-much-work':
    'Opening this file would take too long: make a copy with “openssl pkey -in KEY -aes256 -out key.pem” and choose that.',
};

export type KeyFileProblem = keyof typeof SENTENCES;

/** Tell the person: this file cannot be used as it is. */
export class KeyFileError extends ChatError {
  override readonly name = 'KeyFileError';
  readonly problem: KeyFileProblem;

  constructor(problem: KeyFileProblem) {
    super(SENTENCES[problem]);
    this.problem = problem;
  }
}
