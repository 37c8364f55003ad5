/** Thrown inside a kernel when a run turns out to be one that it does not know. */
export const declined = Symbol('declined');

export const decline = (): never => {
  throw declined;
};
