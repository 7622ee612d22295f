# SPDX-License-Identifier: Apache-2.0
"""The plan that partita doctor shows. One group: python3 placement_test.py Placement"""
import json
import os
import pathlib
import shutil
import subprocess
import unittest
import xml.etree.ElementTree

from program_test import PARTITA, ProgramTest, golden
from rank_environment import environment

EPYCS = "pack:2 numa:4(memory=192GiB) l3:3(size=32MiB) core:8 pu:2"
LAPTOP = pathlib.Path(__file__).parents[1] / "topo" / "laptop_two_kinds.xml"


class Placement(ProgramTest):
    def plan(self, *args, **kwargs):
        return json.loads(self.works("doctor", "--json", *args, **kwargs).stdout)

    def test_where_there_is_no_sys_nothing_is_said(self):
        hidden = ("unshare", "-m", "sh", "-c", 'mount -t tmpfs none /sys && exec "$@"', "sh")
        if shutil.which("unshare") is None or subprocess.run([*hidden, "true"], stderr=subprocess.DEVNULL, check=False).returncode != 0:
            self.skipTest("no right to hide /sys")
        run = subprocess.run([*hidden, PARTITA, *self.prove_args()], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
                             env=environment())
        self.assertEqual((run.returncode, run.stderr), (0, ""))

    def test_a_key_is_read_to_each_node_as_far_as_memory_allows(self):
        nodes = environment(HWLOC_SYNTHETIC="numa:2(memory=8GiB) l3:1 core:1 pu:1", HWLOC_THISSYSTEM="1")
        witnesses = [str(self.dir / f"w{i}.wtns") for i in range(4)]
        for path in witnesses:
            shutil.copy(golden("bn254", ".wtns"), path)
        key, out = golden("bn254", ".zkey"), str(self.dir / "out")
        prove = ("prove", key, *witnesses, "--out", out, "--quiet", "--json")
        for memory, home in ((None, "a copy on each node"), (os.path.getsize(key) * 5 // 2 + (4 << 20), "one copy, interleaved")):
            with self.subTest(home=home):
                options = () if memory is None else ("--memory", memory)
                told = json.loads(self.works(*prove, *options, "--plan", env=nodes).stdout)["plan"]["placement"]
                self.assertEqual(told["key"], home)
                self.works(*prove, *options, env=nodes)
                self.assertIn("4 proofs: 4 valid", self.works("verify", golden("bn254", "_vkey.json"), "--dir", out).stdout)

    def test_more_threads_than_cores_are_told(self):
        n = self.plan()["topology"]["allowed_cores"]
        self.assertIn(f"WARNING: {n + 1} threads on {n} cores", self.works(*self.prove_args(), "--threads", n + 1).stderr)
        self.assertEqual(self.works(*self.prove_args(), "--threads", 1).stderr, "")

    def test_the_plan_is_that_of_the_machine_described(self):
        told = self.plan("--topology", EPYCS, "--ready", 5)
        self.assertEqual(set(told), {"command", "topology", "placement"})
        shape = (told["topology"]["packages"], len(told["topology"]["nodes"]), len(told["topology"]["domains"]))
        self.assertEqual(shape, (2, 8, 24))
        self.assertEqual(told["placement"]["threads"], 192)
        crews = told["placement"]["crews"]
        self.assertEqual(len(crews), 5)
        self.assertEqual(sorted(domain for crew in crews for domain in crew["domains"]), list(range(24)))
        self.assertEqual(told["placement"]["tail"], {"domains": [22, 23], "threads": 16})

    def test_options_of_the_engine_change_the_plan(self):
        told = self.plan("--topology", EPYCS, "--threads", 30, "--tail-domains", 3, "--pin", "on")["placement"]
        self.assertEqual((told["threads"], len(told["pools"]), len(told["tail"]["domains"]), told["pinned"]), (30, 4, 3, True))

    def test_this_machine_s_mask_is_kept(self):
        last = max(os.sched_getaffinity(0))
        told = self.plan(preexec_fn=lambda: os.sched_setaffinity(0, {last}))
        self.assertEqual([pool["processors"] for pool in told["placement"]["pools"]], [[last]])

    def test_text_shows_topology_and_placement(self):
        text = self.works("doctor").stdout
        for word in ("topology", "NUMA nodes", "placement", "tail crew", "processors"):
            self.assertIn(word, text)
        self.assertIn("0-14:2", self.works("doctor", "--topology", EPYCS).stdout)

    def test_siblings_stay_idle(self):
        """hwloc takes its own variable for this machine."""
        env = environment(HWLOC_SYNTHETIC="pack:1 core:1 pu:2")
        self.assertEqual(self.plan(env=env)["placement"]["threads"], 1)
        told = json.loads(self.works(*self.prove_args(), "--plan", "--json", env=env).stdout)
        self.assertEqual(told["plan"]["placement"]["threads"], 1)
        self.works(*self.prove_args(), env=env)
        self.verifies("bn254", self.public, self.proof)

    def test_a_key_in_memory_proves_as_one_in_its_file(self):
        prepared = self.dir / "key.ptkey"
        self.works("prepare", golden("bn254", ".zkey"), "-o", prepared)
        for key in (golden("bn254", ".zkey"), prepared):
            args = self.prove_args(key=key) + ("--huge-pages", "on")
            told = json.loads(self.works(*args, "--plan", "--json").stdout)["plan"]["placement"]
            self.assertEqual(told["key"], "one copy" if told["huge_pages"] else "mapped")
            stats = json.loads(self.works(*args, "--stats", "--json").stdout)["stats"]
            if told["huge_pages"]:
                self.assertEqual(stats["key_pages"]["looked_at"], 4)  # 2^8 points of 64 bytes
                self.assertLessEqual(stats["key_pages"]["placed"], 4)
                self.assertIn("pages looked at are on their nodes", self.works(*args, "--stats").stderr)
            self.verifies("bn254", self.public, self.proof)

    def test_the_picture_has_every_core(self):
        picture = self.dir / "plan.svg"
        self.works("doctor", "--topology", EPYCS, "--svg", picture)
        titles = xml.etree.ElementTree.parse(picture).getroot().iter("{http://www.w3.org/2000/svg}title")
        self.assertEqual(len([title for title in titles if title.text.startswith("core ")]), 192)

    def test_what_can_t_be_planned_is_refused(self):
        for args, code, says in (
                (("--topology", self.dir / "none.xml"), 66, "none.xml: No such file"),
                (("--topology", golden("bn254", ".zkey")), 65, "no topology in hwloc's XML"),
                (("--topology", "core:x"), 65, "no topology in hwloc's notation"),
                (("--topology", "core:8 pu:2", "--threads", 9), 64, "9 threads are more than the 8 cores"),
                (("--topology", "l3:2 core:8 pu:2", "--tail-domains", 3), 64, "3 domains for the tail crew"),
                (("--ready", "none"), 64, "--ready none: expected a number"),
                (("--svg", self.dir), 73, "directory")):
            self.fails(code, "doctor", *args, says=says)

    def test_the_picture_does_not_replace_the_topology(self):
        machine = self.dir / "machine.xml"
        shutil.copy(LAPTOP, machine)
        self.fails(64, "doctor", "--topology", machine, "--svg", machine, says="machine.xml")
        self.works("doctor", "--topology", machine)


if __name__ == "__main__":
    unittest.main(verbosity=2)
