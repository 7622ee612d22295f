# SPDX-License-Identifier: Apache-2.0
"""`partita simulate`, as its user meets it."""
import csv
import json
import unittest

from measure_test import MeasureTest


class Simulate(MeasureTest):
    def simulated(self, *args, **kwargs):
        return json.loads(self.works("simulate", "--json", "--quiet", *args, **kwargs).stdout)

    def test_equal_partitions_take_as_many_turns_as_there_are(self):
        rows = self.simulated("--partition-seconds", "10", "--per-rank", "5", "--nodes", "1,2,4,...,64")["rows"]
        self.assertEqual([row["nodes"] for row in rows], [1, 2, 4, 8, 16, 32, 64])
        for row in rows:
            self.assertEqual(row["partitions"], 5 * row["nodes"])
            self.assertAlmostEqual(row["makespan_seconds"], 50, delta=0.5)
            self.assertGreater(row["efficiency"], 0.99)
            self.assertLessEqual(row["efficiency"], 1)

    def test_a_number_of_partitions_is_divided(self):
        rows = self.simulated("--partition-seconds", "10", "--partitions", "60", "--nodes", "1,3,20", "--in-flight", "2")["rows"]
        for row, seconds in zip(rows, (300, 100, 20)):
            self.assertEqual(row["partitions"], 60)
            self.assertAlmostEqual(row["makespan_seconds"], seconds, delta=0.5)

    def test_slow_nodes_are_seen_in_the_efficiency(self):
        even, mixed = (self.simulated("--partition-seconds", "10", "--nodes", "8", "--speed-spread", spread)["rows"][0] for spread in ("0", "0.5"))
        self.assertGreater(even["efficiency"], mixed["efficiency"])
        self.assertGreater(mixed["given_twice"], 0)

    def test_a_seed_repeats(self):
        args = ("--partition-seconds", "3", "--nodes", "1,5", "--spread", "0.4", "--seed")
        self.assertEqual(self.simulated(*args, "7"), self.simulated(*args, "7"))
        self.assertNotEqual(self.simulated(*args, "7")["rows"], self.simulated(*args, "8")["rows"])

    def test_the_table_and_the_csv_have_the_same_rows(self):
        path = self.path("nodes.csv")
        run = self.works("simulate", "--partition-seconds", "2", "--nodes", "1,2", "--csv", path, "--quiet")
        self.assertEqual([line.split()[:2] for line in run.stdout.splitlines()[1:]], [["1", "20"], ["2", "40"]])
        with open(path, encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        self.assertEqual([(row["nodes"], row["partitions"]) for row in rows], [("1", "20"), ("2", "40")])

    def test_wrong_use_is_refused(self):
        ok = ("--partition-seconds", "1")
        for args, says in (((), "--partition-seconds"), (("--partition-seconds", "0"), "above 0"), (ok + ("--nodes", "2,1"), "numbers that grow"),
                           (ok + ("--nodes", "1,...,4"), "numbers that grow"), (ok + ("--nodes", "1,2,..."), "numbers that grow"),
                           (ok + ("--spread", "1"), "from 0 to"), (ok + ("--partitions", "5", "--per-rank", "5"), "not both"),
                           (ok + ("--per-rank", "16777216"), "more than"), (ok + ("extra",), "no operands"),
                           (ok + ("--csv", "a", "--plot", "./a"), "same file")):
            with self.subTest(args):
                self.fails(64, "simulate", *args, says=says)


if __name__ == "__main__":
    unittest.main(verbosity=2)
