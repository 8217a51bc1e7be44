/** The thread of a lane: attempts at transactions, on a machine of its own (runtime/lanes/serve.ts). It opens nothing. */
import { parentPort, workerData } from "node:worker_threads";
import { createHashes } from "../../accel/hashes.ts";
import { createReferenceVerifier } from "../../accel/reference/verify.ts";
import { type LaneSettings, serveLane } from "../../runtime/lanes/serve.ts";
import { NodeError } from "../../vm/errors.ts";
import { createMachine } from "../../vm/execute/machine.ts";

/** Instances are made again quickly, and each reserves some 10 GB of address space. */
const INSTANCES_MAX = 128;

const port = parentPort;
if (port === null) throw new NodeError("lanes.thread", "worker.js runs as a worker thread only");

const lane = workerData as LaneSettings;
const hashes = createHashes();
const verifier = createReferenceVerifier({ sm2UserId: lane.settings.sm2UserId });
serveLane(port, lane, { machine: createMachine({ hashes, verifier, instancesMax: INSTANCES_MAX }), hashes });
