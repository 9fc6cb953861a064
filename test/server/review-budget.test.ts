import { expect, it } from "vitest";
import { reviewBudget } from "../../src/server/review-budget.ts";

it.each([
  [undefined, 4_500],
  ["10s", 4_500],
  ["5s", 4_500],
  ["3s", 2_500],
  ["1.5s", 1_000],
  ["700ms", 200],
  ["1m", 4_500],
  ["400ms", 0],
  ["0s", 0],
  ["soon", 4_500],
  ["-5s", 4_500],
  [["1s", "2s"], 4_500],
])("a timeout of %j leaves %i ms", (timeout, budget) => {
  expect(reviewBudget(timeout)).toBe(budget);
});
