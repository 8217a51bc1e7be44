/**
 * A promise that somebody else settles. Nobody has to wait for it: a refusal that nobody hears is not an unhandled one.
 */
export class Deferred<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (reason: unknown) => void;

  constructor() {
    let resolve: (value: T) => void = () => undefined;
    let reject: (reason: unknown) => void = () => undefined;
    this.promise = new Promise<T>((onResolve, onReject) => {
      resolve = onResolve;
      reject = onReject;
    });
    this.promise.catch(() => undefined);
    this.resolve = resolve;
    this.reject = reject;
  }
}
