/** Types of holdfast-verify.mjs, which says what they mean. */
export interface Checkpoint {
  readonly v: 1;
  readonly origin: string;
  readonly size: number;
  /** Hex. */
  readonly root: string;
  /** Unix ms of the vault's machine. */
  readonly at: number;
  /** Base64. */
  readonly signature: string;
}
export interface VerifyOptions {
  readonly journal: string;
  /** The vault's own checkpoints.log; left out if there is none. */
  readonly checkpoints?: string | undefined;
  /** Files that hold checkpoints kept outside the vault, in any text. */
  readonly anchors?: readonly string[] | undefined;
  /** Public key of the vault's identity, PEM; signatures are checked against it. */
  readonly identity?: string | undefined;
}
export interface VerifyResult {
  readonly ok: boolean;
  /** What is wrong, one line each; empty when `ok`. */
  readonly problems: readonly string[];
  /** Unbroken records from the first on. */
  readonly records: number;
  /** Number of the first damaged record, or null. */
  readonly brokenAt: number | null;
  readonly head: string;
  /** Merkle root of the unbroken records, hex. */
  readonly root: string;
  /** Bytes of a last line that a crash cut off. */
  readonly torn: number;
  readonly checkpoints: number;
  readonly anchors: number;
  /** `SHA256:…` of the identity, '' without one. */
  readonly fingerprint: string;
}
export declare function verifyLog(options: VerifyOptions): VerifyResult;
export declare function checkpointText(checkpoint: Checkpoint): string;
export declare function checkpointFault(checkpoint: Checkpoint, publicKeyPem: string | undefined): string | null;
export declare function readCheckpoints(text: string): Checkpoint[];
export declare function fingerprintOf(publicKeyPem: string): string;
export declare function rootFromInclusion(leaf: Buffer, index: number, size: number, path: readonly string[]): string | null;
export interface Proof {
  readonly record: number;
  /** The journal's line, or null when it was left out: then `leaf` stands for it. */
  readonly line: string | null;
  readonly leaf: string;
  readonly path: readonly string[];
  readonly checkpoint: Checkpoint;
}
export declare function proofFault(proof: Proof, publicKeyPem: string | undefined): string | null;
export declare function verifyReport(
  folder: string,
  publicKeyPem: string | undefined,
): {
  readonly ok: boolean;
  readonly problems: readonly string[];
  readonly files: number;
  readonly proofs: number;
};
