/**
 * The life of a vault: sealed or open, started again when it crashes, sealed when that does not help.
 *
 *   A1  The unseal key is in one buffer, which is overwritten when the vault is sealed or ends.
 *   A2  A real vault that crashes `crashesMax` times in a row is sealed: something is wrong that starting does not mend. (A
 *       simulated one keeps its key beside its data; sealing it would protect nothing.)
 *   A3  A vault that was sealed by hand, by a kill or by A2 is opened by a person only; a kill holds over starts.
 */
import { join } from 'node:path';
import type { PortalState } from '@holdfast/domain';
import { readDraft } from '../unseal/wraps.ts';
import type { ControlAnswer, ControlRequest } from './control.ts';
import { endKeptSealed, isKeptSealed, keepSealed } from './kept-sealed.ts';
import { dropKillRequest, readKillRequest } from './kill-request.ts';
import { exchangeOf, type Options } from './options.ts';
import { PasskeyWraps } from './passkey-wraps.ts';
import { bindPort, bindPortal, type PortalPorts, portOf } from './ports.ts';
import { protectionsOf } from './protections.ts';
import { launchSealed } from './sealed.ts';
import { exitCode } from './start-error.ts';
import { launchTrio, type Trio, type TrioEnd } from './trio.ts';
import { addWrap, provesOwner, removeWrap, WrapError } from './unseal-store.ts';
import { type Unsealed, Unsealing } from './unsealing.ts';
import { simulatedKey, type VaultPlace, writePeerKeys } from './vault-folder.ts';

const steadyMs = 10_000;
const restartMsFirst = 50;
const restartMsMost = 1000;
export const crashesMax = 20;
/** Exit codes of the signer after which starting it again cannot help. */
const hopeless: readonly number[] = [exitCode.usage, exitCode.corruptData];

export interface WardenPorts {
  readonly log: (message: string) => void;
  readonly lastLine: (line: string) => void;
  readonly ready: (facts: { readonly port: number; readonly portalPort: number; readonly sealed: boolean }) => void;
  readonly children: (pids: readonly number[]) => void;
  readonly exit: (code: number) => never;
}

export class Warden {
  readonly #options: Options;
  readonly #vault: VaultPlace;
  readonly #ports: WardenPorts;
  readonly #exchange: string;
  readonly #unsealing: Unsealing;
  readonly #passkeys: PasskeyWraps;
  #unsealed: Unsealed | null = null;
  /** Why it is sealed. */
  #reason = 'the vault is sealed: unseal it with "holdfast vault unseal" or on its own page';
  #port: number;
  #portalPort: number;
  #running: Trio | undefined;
  /** The signer's process number, 0 while none runs. */
  #signer = 0;
  #signerCommand: readonly string[] = [];
  #stopAsking = (): void => {};
  #launchedAt = 0;
  #restarts = 0;
  #saidReady = false;
  #isStopping = false;
  /** By hand, by a kill or after crashes: a person opens it again, and no other host does. */
  #isSealedOnPurpose: boolean;
  /** The running group is ended by us, to start another. */
  #isTurning = false;

  /** @throws StartError usage */
  constructor(options: Options, vault: VaultPlace, ports: WardenPorts) {
    this.#options = options;
    this.#vault = vault;
    this.#ports = ports;
    this.#exchange = exchangeOf(vault.kind, options.exchange);
    this.#unsealing = new Unsealing(vault);
    this.#passkeys = new PasskeyWraps(vault);
    this.#isSealedOnPurpose = vault.kind === 'real' && isKeptSealed(vault.folder);
    this.#port = options.port;
    this.#portalPort = options.portalPort;
  }

  get #isSimulated(): boolean {
    return this.#vault.kind === 'simulated';
  }

  /** @throws StartError */
  async start(): Promise<void> {
    if (this.#isSimulated) this.#take({ key: simulatedKey(this.#vault), by: 'simulated' });
    else if (this.#isSealedOnPurpose) {
      this.#reason = 'the vault was killed: a person unseals it, with "holdfast vault unseal" or on its own page';
      this.#ports.log(`stays sealed: ${this.#reason}`);
    } else {
      this.#unsealing.wraps(); // a damaged one is named now, not when somebody stands before it
      const tried = await this.#unsealing.fromSystem(this.#options.unsealFrom);
      if (tried?.ok === true) this.#take(tried.unsealed);
      else if (tried !== null) this.#ports.log(`stays sealed: ${tried.reason}`);
    }
    await this.#run();
  }

  stop(): void {
    if (this.#isStopping) return;
    this.#isStopping = true;
    if (this.#running === undefined) this.#exit(0);
    else this.#running.stop();
  }

  async act(request: ControlRequest, secrets: readonly Buffer[]): Promise<ControlAnswer> {
    try {
      return { ok: true, value: await this.#done(request, secrets) };
    } catch (error) {
      if (error instanceof WrapError) return { ok: false, code: 'unseal-refused', reason: error.message };
      throw error;
    }
  }

  /** @throws WrapError */
  async #done(request: ControlRequest, [first, second]: readonly Buffer[]): Promise<object> {
    switch (request.do) {
      case 'status':
        return this.#status();
      case 'unseal':
        return this.#unseal(request.with, first!);
      case 'seal':
        this.#seal('the vault was sealed by hand: unseal it with "holdfast vault unseal" or on its own page');
        return this.#status();
      case 'wrap-add': {
        await this.#demandProof(first!);
        const draft = readDraft(request.draft);
        if (draft === null) throw new WrapError('that is not a way to unseal');
        await addWrap(this.#vault.folder, this.#vault.vaultId, draft, second!, this.#unsealed!.key);
        return { added: draft.name };
      }
      case 'wrap-remove':
        await this.#demandProof(first!);
        removeWrap(this.#vault.folder, request.name);
        return { removed: request.name };
    }
  }

  #status(): object {
    const { vaultId, kind, host } = this.#vault;
    return {
      vaultId,
      kind,
      host,
      state: this.#unsealed === null ? 'sealed' : 'open',
      reason: this.#unsealed === null ? this.#reason : null,
      unsealedBy: this.#unsealed?.by ?? '',
      restarts: this.#restarts,
      wraps: this.#unsealing.wraps().map(({ name, kind: how, madeAt }) => ({ name, kind: how, madeAt })),
      protections: this.#protections(),
    };
  }

  async #unseal(how: 'passphrase' | 'credential', secret: Buffer): Promise<object> {
    if (this.#unsealed !== null) throw new WrapError('the vault is open already');
    if (this.#isSimulated) {
      this.#open({ key: simulatedKey(this.#vault), by: 'simulated' });
      return this.#status();
    }
    const tried = await this.#unsealing.attempt([how], secret, how);
    if (!tried.ok) throw new WrapError(tried.reason);
    this.#open(tried.unsealed);
    return this.#status();
  }

  /** Whoever changes the ways to unseal proves to know one. */
  async #demandProof(secret: Buffer): Promise<void> {
    if (this.#isSimulated)
      throw new WrapError('a simulated vault keeps its key beside its data; make a real one with "holdfast vault init"');
    if (this.#unsealed === null) throw new WrapError('the vault is sealed; unseal it first');
    const isProven = await provesOwner(this.#unsealing.wraps(), this.#vault.vaultId, secret, this.#unsealed.key);
    if (!isProven) throw new WrapError('that passphrase does not open this vault');
  }

  #take(unsealed: Unsealed): void {
    if (this.#unsealed !== null) unsealed.key.fill(0);
    else this.#unsealed = unsealed;
    this.#stopAsking();
  }

  /** From sealed to open. */
  #open(unsealed: Unsealed): void {
    this.#take(unsealed);
    endKeptSealed(this.#vault.folder);
    this.#restarts = 0;
    this.#ports.log(`unsealed by ${unsealed.by}`);
    this.#turn();
  }

  /** A1 */
  #seal(reason: string): void {
    if (this.#unsealed === null) return;
    this.#unsealed.key.fill(0);
    this.#unsealed = null;
    this.#isSealedOnPurpose = true;
    this.#reason = reason;
    this.#ports.log(`sealed: ${reason}`);
    this.#turn();
  }

  /** Ends what runs; what comes after it is of the new state. */
  #turn(): void {
    if (this.#running === undefined) return;
    this.#isTurning = true;
    this.#running.stop();
  }

  /** @throws StartError port-taken */
  async #run(): Promise<void> {
    const listener = await bindPort(this.#port);
    const scheme = this.#isSimulated ? 'http' : 'https';
    const portal = await bindPortal(this.#portalPort, scheme, this.#vault.host).catch((error: unknown) => {
      listener.close();
      throw error;
    });
    if (this.#isStopping) this.#exit(0);
    this.#port = portOf(listener);
    this.#portalPort = portOf(portal.listeners[0]!);
    this.#launchedAt = Date.now();
    this.#running =
      this.#unsealed === null ? this.#launchSealed(listener, portal) : this.#launchTrio(this.#unsealed, listener, portal);
    this.#ports.children(this.#running.pids);
  }

  get #pagesFolder(): string | null {
    return this.#isSimulated ? null : join(this.#vault.folder, 'pages');
  }

  #launchTrio(unsealed: Unsealed, listener: Parameters<typeof portOf>[0], portal: PortalPorts): Trio {
    const vault = { ...this.#vault, unsealKey: unsealed.key };
    writePeerKeys(this.#options.data, vault);
    return launchTrio({
      vault,
      exchange: this.#exchange,
      unsealedBy: unsealed.by,
      protections: (signer, command) => {
        this.#signer = signer;
        this.#signerCommand = command;
        return this.#protections();
      },
      listener,
      portal,
      pagesFolder: this.#pagesFolder,
      unseal: () => this.#passkeys.facts(),
      onWrap: (frame) => this.#passkeys.change(frame, this.#unsealed?.key ?? null, this.#ports.log),
      kill: readKillRequest(this.#vault.folder),
      onReady: () => dropKillRequest(this.#vault.folder),
      onServing: () => this.#serving(),
      onKilled: (reason) => this.#killed(reason),
      onEnd: (end) => this.#ended(end),
    });
  }

  #launchSealed(listener: Parameters<typeof portOf>[0], portal: PortalPorts): Trio {
    if (!this.#isSealedOnPurpose)
      this.#stopAsking = this.#unsealing.keepAsking(
        (unsealed) => this.#open(unsealed),
        (line) => this.#ports.log(line),
      );
    return launchSealed({
      listener,
      portal,
      pagesFolder: this.#pagesFolder,
      state: () => this.#sealedState(portal.origin),
      reason: () => this.#reason,
      publicKey: () => this.#passkeys.publicKey,
      passkeys: () => this.#passkeys.list().map(({ credential, salt }) => ({ id: credential, salt })),
      unseal: (credential, sealed) => this.#unsealByPasskey(credential, sealed),
      onServing: () => this.#serving(),
      onEnd: () => this.#ended({ first: 'gate', signerCode: null, lastWords: '' }),
    });
  }

  async #unsealByPasskey(credential: string, sealed: string): Promise<{ readonly ok: boolean; readonly reason: string }> {
    const wrap = this.#passkeys.list().find((it) => it.credential === credential);
    if (wrap === undefined) return { ok: false, reason: 'this passkey does not unseal the vault' };
    try {
      const secret = this.#passkeys.open({ credential, salt: wrap.salt, sealed });
      const tried = await this.#unsealing.attempt(['passkey'], secret, 'passkey', ({ name }) => name === wrap.name);
      if (!tried.ok) return tried;
      setImmediate(() => this.#open(tried.unsealed)); // after the answer
      return { ok: true, reason: '' };
    } catch (error) {
      if (error instanceof WrapError) return { ok: false, reason: error.message };
      throw error;
    }
  }

  /** The pages' facts without what only the signer knows. */
  #sealedState(origin: string): PortalState & { readonly sealed: string } {
    return {
      vaultId: this.#vault.vaultId,
      fingerprint: '',
      identity: '',
      simulated: this.#isSimulated,
      enrolled: true,
      origin,
      protections: this.#protections(),
      unsealedBy: '',
      sealed: this.#reason,
    };
  }

  #protections(): PortalState['protections'] {
    return protectionsOf({
      data: this.#options.data,
      signer: this.#signer,
      command: this.#signerCommand,
      unsealedBy: this.#unsealed?.by ?? '',
      simulated: this.#isSimulated,
    });
  }

  #serving(): void {
    if (!this.#saidReady) this.#ports.ready({ port: this.#port, portalPort: this.#portalPort, sealed: this.#unsealed === null });
    this.#saidReady = true;
  }

  /** Sealed by ending: the next start asks for the unseal key again. */
  #killed(reason: string): void {
    this.#ports.log(`killed: ${reason}; sealed`);
    try {
      if (!this.#isSimulated) keepSealed(this.#vault.folder);
    } catch (error) {
      this.#ports.log(`the next start may be unsealed from elsewhere: ${(error as Error).message}`);
    }
    this.stop();
  }

  #exit(code: number): never {
    this.#stopAsking();
    this.#unsealed?.key.fill(0);
    return this.#ports.exit(code);
  }

  #ended({ first, signerCode, lastWords }: TrioEnd): void {
    this.#running = undefined;
    this.#signer = 0;
    this.#stopAsking();
    if (this.#isStopping) this.#exit(0);
    if (this.#isTurning) {
      this.#isTurning = false;
      this.#relaunch(0);
      return;
    }
    if (signerCode !== null && (hopeless.includes(signerCode) || (signerCode !== 0 && !this.#saidReady))) {
      this.#ports.lastLine(lastWords);
      this.#exit(signerCode);
    }
    this.#restarts = Date.now() - this.#launchedAt > steadyMs ? 0 : this.#restarts + 1;
    if (this.#restarts >= crashesMax && !this.#isSimulated && this.#unsealed !== null)
      this.#seal(`the vault crashed ${crashesMax} times in a row; find out why (its log says what ended), then unseal it`);
    this.#ports.log(`${first} ended; the processes of the vault start again`);
    this.#relaunch(Math.min(restartMsFirst * 2 ** this.#restarts, restartMsMost));
  }

  #relaunch(afterMs: number): void {
    setTimeout(() => {
      if (this.#isStopping) this.#exit(0);
      this.#run().catch((error: Error) => {
        this.#ports.log(error.message);
        this.#relaunch(restartMsMost);
      });
    }, afterMs);
  }
}
