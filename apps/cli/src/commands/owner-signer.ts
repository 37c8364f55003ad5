/** What proves the owner on the command line: an Ed25519 key file, or an SSH key by way of ssh-keygen. */
import { spawn } from 'node:child_process';
import { createHash, createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Credential } from '@holdfast/domain';
import { ed25519Signer, type OwnerSigner } from '@holdfast/vault/client';
import { ownerNamespace, readSshPublicKey } from '@holdfast/vault/ssh';
import type { Command } from 'commander';
import { CliError, exitCode } from '../exit.ts';
import type { Common } from '../options.ts';
import { askSecret } from './owner-talk.ts';

export interface ProofFlags extends Common {
  readonly ownerKey?: string;
  readonly sshKey?: string;
}

export const proofOptions = (command: Command): Command =>
  command
    .option('--owner-key <file>', "the owner's Ed25519 key (PEM); the simulated vault's own when left out")
    .option('--ssh-key <file>', "the owner's SSH key, signed with by ssh-keygen (its agent and security keys included)");

/** Something that signs for the owner, and the credential that the vault knows it by. */
export interface Prover {
  readonly credential: Omit<Credential, 'label'>;
  readonly sign: OwnerSigner;
}

/** SHA-256 in hex of the SPKI DER. */
const idOf = (publicKey: KeyObject): string =>
  createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('hex');

const pemOf = (publicKey: KeyObject): string => publicKey.export({ type: 'spki', format: 'pem' }).toString();

/** @throws CliError */
export async function proverOf({ data, ownerKey, sshKey }: ProofFlags): Promise<Prover> {
  if (ownerKey !== undefined && sshKey !== undefined)
    throw new CliError(exitCode.usage, 'give --owner-key or --ssh-key, not both');
  if (sshKey !== undefined) return sshProver(sshKey);
  const privateKey = await openKey(ownerKey ?? join(data, 'owner', 'owner.key'));
  const publicKey = createPublicKey(privateKey);
  return {
    credential: { id: idOf(publicKey), kind: 'ed25519', publicKey: pemOf(publicKey) },
    sign: ed25519Signer(privateKey),
  };
}

/** Opens an Ed25519 private key, asking for its passphrase when it has one. @throws CliError */
async function openKey(file: string): Promise<KeyObject> {
  if (!existsSync(file)) throw new CliError(exitCode.usage, `there is no owner key ${file}; name it with --owner-key FILE`);
  const pem = readFileSync(file);
  const isLocked = pem.includes('ENCRYPTED');
  const passphrase = isLocked ? await askSecret(`Passphrase of ${file}`) : undefined;
  try {
    const key = createPrivateKey(passphrase === undefined ? pem : { key: pem, passphrase });
    if (key.asymmetricKeyType === 'ed25519') return key;
  } catch (cause) {
    const why = isLocked ? 'does not open with this passphrase' : 'is not a private key in PEM';
    throw new CliError(exitCode.failed, `${file} ${why}`, { cause });
  }
  throw new CliError(exitCode.usage, `${file} is not an Ed25519 key; make one with "holdfast owner keygen FILE"`);
}

function sshProver(file: string): Prover {
  const publicFile = file.endsWith('.pub') ? file : `${file}.pub`;
  if (!existsSync(publicFile))
    throw new CliError(exitCode.usage, `there is no ${publicFile}; the vault knows an SSH key by its public half`);
  const publicKey = readSshPublicKey(readFileSync(publicFile, 'utf8').trim());
  if (publicKey === null)
    throw new CliError(exitCode.usage, `${publicFile} is not an Ed25519, P-256, P-384 or RSA public key as SSH writes it`);
  const credential = { id: idOf(publicKey), kind: 'ssh', publicKey: pemOf(publicKey) } as const;
  const sign: OwnerSigner = async (text) => ({
    kind: 'ssh',
    credential: credential.id,
    signature: await sshSignature(file, text),
  });
  return { credential, sign };
}

/** Armoured, over stdin; a passphrase is asked for by ssh-keygen itself. */
function sshSignature(file: string, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const fail = (why: string, cause?: Error): void =>
      reject(
        new CliError(
          exitCode.failed,
          `ssh-keygen did not sign with ${file}: ${why}`,
          cause === undefined ? undefined : { cause },
        ),
      );
    const child = spawn('ssh-keygen', ['-Y', 'sign', '-n', ownerNamespace, '-f', file], { stdio: ['pipe', 'pipe', 'pipe'] });
    let [signature, errors] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      signature += chunk;
    });
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      errors += chunk;
    });
    child.on('error', (cause) => fail(cause.message, cause));
    child.on('close', (code) => (code === 0 ? resolve(signature) : fail(errors.trim().split('\n').at(-1) ?? `code ${code}`)));
    child.stdin.on('error', () => {});
    child.stdin.end(text);
  });
}
