"""Runs one file of Python's own tests: a line for each of its cases, `VERDICT CASE`.

python3 run.py test_os: the verdict is ok, skipped, or failed; why goes to standard error.
"""
import os
import sys
import tempfile
import unittest

from test import support


class Verdicts(unittest.TestResult):
    """Says each verdict once: the worst, if parts of a case have their own."""

    order = ["ok", "skipped", "failed"]

    def startTest(self, test):
        super().startTest(test)
        self.verdict = "ok"

    def say(self, verdict, test, why=""):
        if why:
            print(f"{test.id()}: {verdict}: {why}", file=sys.stderr, flush=True)
        if not hasattr(self, "verdict"):
            # Before any case: of the class or of the file.
            print(verdict, test.id(), flush=True)
        elif self.order.index(verdict) > self.order.index(self.verdict):
            self.verdict = verdict

    def stopTest(self, test):
        print(self.verdict, test.id(), flush=True)
        del self.verdict
        super().stopTest(test)

    def addSkip(self, test, reason):
        self.say("skipped", test, reason)

    def addExpectedFailure(self, test, error):
        pass

    def addUnexpectedSuccess(self, test):
        self.say("failed", test, "it should have failed")

    def addFailure(self, test, error):
        self.say("failed", test, self._exc_info_to_string(error, test))

    addError = addFailure

    def addSubTest(self, test, part, error):
        if error is not None:
            self.say("failed", test, self._exc_info_to_string(error, test))


def main():
    name = sys.argv[1]
    support.use_resources = ["network"]  # that of the machine itself
    os.chdir(tempfile.mkdtemp())
    unittest.defaultTestLoader.loadTestsFromName("test." + name).run(Verdicts())


if __name__ == "__main__":  # which processes that are started read again
    main()
