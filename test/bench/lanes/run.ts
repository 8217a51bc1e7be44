/** Measures the sequential executor in this process and prints the measurements as JSON: argument, the rounds. */
import { measureSequential } from "./sequential.part.ts";

process.stdout.write(JSON.stringify(await measureSequential(Number(process.argv[2]))));
