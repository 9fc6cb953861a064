import { Gauge, type Registry } from "prom-client";

/** What is wrong now, in a server as in whatever does background work. */
export interface ProblemMetrics {
  /** `problem` names what is wrong with, such as "certificate", "lease" or "cluster". */
  setProblems(problem: string, count: number): void;
}

/** Defines the metric of problems in `registers`. */
export function createProblemMetrics(registers: Registry[]): ProblemMetrics {
  const problems = new Gauge({
    name: "sluice_problems",
    help: "Things that are wrong now and are worked around, by what they are wrong with.",
    labelNames: ["with"],
    registers,
  });
  return { setProblems: (problem, count) => problems.set({ with: problem }, count) };
}
