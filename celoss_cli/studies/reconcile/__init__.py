"""Which semantics give a number that somebody else got.

A hypothesis is a plain computation with a few deviations: each deviation is one line in a table of
``deviations`` or ``scalars``. The losses of the elements come from the losses themselves; what no loss
computes (a clipped logarithm, the mean of batch means, a moved decimal point) stands here, once each.
"""

from celoss_cli.studies.reconcile.problem import Problem, problem_of
from celoss_cli.studies.reconcile.reconciliation import Stated, stated
from celoss_cli.studies.reconcile.search import MAX_DEVIATIONS, reconcile

__all__ = ["MAX_DEVIATIONS", "Problem", "Stated", "problem_of", "reconcile", "stated"]
