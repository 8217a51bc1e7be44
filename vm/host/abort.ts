/**
 * What is thrown to give up an attempt at a transaction: not an outcome of the contract and not a fault of the node.
 *
 * Only a verifier that has been asked for verdicts it does not have throws it, and only who began the attempt may catch
 * it. On its way out it passes every frame of the transaction: the border of the host (guard.ts) and the machine let it
 * through by identity, whatever stands between, so no contract sees it, `try_call` included; WebAssembly of our profile
 * has no way to catch what a host function throws. What the frames did is then undone by who began: the checkpoint of
 * the state, the events and the gas of an attempt are all below that one place.
 */
export const ATTEMPT_ABORTED: unique symbol = Symbol("attempt aborted");
