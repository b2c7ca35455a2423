"""Randomness that a script uses, and the seeds that it sets: which results another run would not give again."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from typing import Any, Literal, NamedTuple

from pipelinekit.scripts.python.observed import Call

#: Generators of random numbers, each with a seed of its own.
Generator = Literal["numpy", "random", "torch", "tensorflow", "own"]


class RandomUse(NamedTuple):
    """A call whose result depends on a generator; `advice` says how to seed it."""

    call: Call
    generator: Generator
    advice: str


def unseeded(calls: Iterable[Call]) -> list[RandomUse]:
    """The uses of randomness that no seed controls, in the order of the calls."""
    calls = list(calls)
    names = {last_name(call) for call in calls}
    seeded = _seeded(calls, names)
    if "all" in seeded:
        return []
    if is_training(calls):
        names.add("backward")
    found: list[RandomUse] = []
    for call in calls:
        use = _use(call, names) if call.name.startswith(_LIBRARIES) or "frac" in call.keywords else None
        if use is not None and use.generator not in seeded:
            found.append(use)
    return [use for use in found if not _is_idle(use.call)]


def is_training(calls: Iterable[Call]) -> bool:
    """Whether a network of PyTorch is trained."""
    return any(call.name.startswith("torch.optim.") or last_name(call) == "backward" for call in calls)


def _is_idle(call: Call) -> bool:
    """Whether a call only says how long to wait, or what to take where there is no value."""
    tree = call.source.tree
    calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call)) if tree is not None else ()
    return any(inner is call.node for outer in calls for inner in _idle_parts(outer))


def _idle_parts(call: ast.Call) -> Iterator[ast.AST]:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    if name in ("sleep", "get", "getattr", "setdefault"):
        for argument in call.args if name == "sleep" else call.args[1:]:
            yield from ast.walk(argument)


def last_name(call: Call) -> str:
    """The last part of what is called: `fit` of `model.fit(…)`, known or not."""
    name = call.name
    return name[name.rfind(".") + 1 :]


def public_name(call: Call) -> str:
    """The name of what is called, as a library's pages have it: not where the library keeps it."""
    name = call.name
    if "keras" in name:
        name = name.replace("keras.src.", "keras.").replace("tensorflow.python.keras.", "tensorflow.keras.")
    return name


def is_open(call: Call) -> bool:
    """Whether a call gets arguments that can't be seen: `f(*values)`, `f(**options)`."""
    return any(keyword.arg is None for keyword in call.node.keywords) or any(
        isinstance(argument, ast.Starred) for argument in call.node.args
    )


# --- seeds ---------------------------------------------------------------------------------------------------

_SEEDS: dict[str, str] = {
    "numpy.random.seed": "numpy",
    "numpy.random.set_state": "numpy",
    "random.seed": "random",
    "random.setstate": "random",
    "torch.manual_seed": "torch",
    "torch.random.manual_seed": "torch",
    "torch.set_rng_state": "torch",
    "tensorflow.random.set_seed": "tensorflow",
    "tensorflow.set_random_seed": "tensorflow",
    "tensorflow.compat.v1.set_random_seed": "tensorflow",
    # seeds the others as well
    "keras.utils.set_random_seed": "all",
    "tensorflow.keras.utils.set_random_seed": "all",
}
#: Last parts of the names above and below that don't say what they do.
_OTHER_SEEDS = frozenset({"set_state", "setstate", "set_rng_state", "Trainer", "Seq2SeqTrainer"})
#: What Hugging Face's trainers do first is to set all seeds.
_SEEDING = frozenset({"transformers.Trainer", "transformers.Seq2SeqTrainer", "transformers.trainer.Trainer"})


def _seeded(calls: list[Call], names: set[str]) -> set[str]:
    """The generators that are given a seed; `all` if something seeds whatever there is."""
    found: set[str] = set()
    words = [name for name in names if "seed" in name.lower() or "determinis" in name.lower()]
    if words or not names.isdisjoint(_OTHER_SEEDS):
        for call in calls:
            name = public_name(call)
            if name in _SEEDS:
                if call.arguments or call.keywords or is_open(call):
                    found.add(_SEEDS[name])
            elif name in _SEEDING:
                found.add("torch")
            elif last_name(call) in words:
                # `seed_everything`, `set_seed`, `fix_seeds`, `enable_determinism`: of a library, or not to be seen
                found.add("all")
    return found


# --- uses ----------------------------------------------------------------------------------------------------

_NUMPY = frozenset(
    """
    rand randn randint random random_sample ranf sample choice shuffle permutation normal uniform standard_normal
    beta binomial poisson exponential gamma geometric gumbel laplace lognormal logistic multinomial
    multivariate_normal dirichlet bytes random_integers standard_cauchy standard_exponential standard_gamma
    standard_t triangular vonmises wald weibull zipf chisquare pareto power rayleigh hypergeometric
    """.split()  # noqa: SIM905
)
_RANDOM = frozenset(
    """
    random randint randrange choice choices shuffle sample uniform gauss normalvariate triangular betavariate
    expovariate gammavariate lognormvariate paretovariate vonmisesvariate weibullvariate getrandbits randbytes
    """.split()  # noqa: SIM905
)
_TORCH = frozenset("rand randn randint randperm rand_like randn_like randint_like normal bernoulli multinomial".split())  # noqa: SIM905
#: Classes and functions of scikit-learn and its kin that draw random numbers whatever their other arguments.
_SKLEARN = frozenset(
    """
    train_test_split ShuffleSplit StratifiedShuffleSplit GroupShuffleSplit RepeatedKFold RepeatedStratifiedKFold
    RandomizedSearchCV HalvingRandomSearchCV RandomForestClassifier RandomForestRegressor ExtraTreesClassifier
    ExtraTreesRegressor RandomTreesEmbedding BaggingClassifier BaggingRegressor IsolationForest MLPClassifier
    MLPRegressor SGDClassifier SGDRegressor KMeans MiniBatchKMeans BisectingKMeans GaussianMixture
    BayesianGaussianMixture TruncatedSVD LatentDirichletAllocation permutation_importance shuffle resample
    make_classification make_regression make_blobs make_moons make_circles RandomOverSampler RandomUnderSampler
    SMOTE BorderlineSMOTE SVMSMOTE ADASYN SMOTEENN SMOTETomek BalancedRandomForestClassifier UMAP
    """.split()  # noqa: SIM905
)
#: Splits that only draw random numbers if they shuffle, which they don't by themselves.
_SHUFFLING = frozenset({"KFold", "StratifiedKFold", "StratifiedGroupKFold", "GroupKFold"})
#: Solvers of linear models that go through the data in random order.
_RANDOM_SOLVERS = frozenset({"sag", "saga"})
_LAYERS = frozenset(
    """
    Linear Conv1d Conv2d Conv3d LSTM GRU RNN Embedding Bilinear Transformer TransformerEncoderLayer
    MultiheadAttention Dense Conv1D Conv2D Conv3D SimpleRNN Bidirectional MultiHeadAttention
    """.split()  # noqa: SIM905
)
_LIBRARIES = (
    "numpy.random.",
    "random.",
    "sklearn.",
    "imblearn.",
    "umap.",
    "torch.",
    "keras.",
    "tensorflow.",
    "tf_keras.",
    "scipy.stats.",
)
_KERAS = ("keras.", "tensorflow.keras.", "tf_keras.")


def _use(call: Call, names: set[str]) -> RandomUse | None:
    if is_open(call):
        return None
    name = public_name(call)
    module, _, last = name.rpartition(".")
    if module == "numpy.random":
        return _numpy(call, last)
    if module == "random":
        if last == "Random" and _is_unset(call, "x", 0):
            return RandomUse(call, "own", "Give random.Random() a seed.")
        if last not in _RANDOM or _makes_a_name(call):
            return None
        return RandomUse(call, "random", "Call random.seed(…) first.")
    if name.startswith(("sklearn.", "imblearn.", "umap.")):
        return _sklearn(call, last)
    if name.startswith("torch."):
        return _torch(call, name, last, names)
    if name.startswith(_KERAS) and last in _LAYERS and "fit" in names:
        return RandomUse(call, "tensorflow", "Call keras.utils.set_random_seed(…) first.")
    if name.startswith("scipy.stats.") and last == "rvs" and _is_unset(call, "random_state"):
        return RandomUse(call, "numpy", "Pass random_state=…")
    if last_name(call) == "sample" and "frac" in call.keywords and _is_unset(call, "random_state"):
        return RandomUse(call, "numpy", "Pass random_state=…")
    return None


def _makes_a_name(call: Call) -> bool:
    """Whether letters and digits are drawn: for an identifier, which must differ each time."""
    return any(
        isinstance(inner, ast.Attribute) and isinstance(inner.value, ast.Name) and inner.value.id == "string"
        for argument in call.node.args
        for inner in ast.walk(argument)
    )


def _numpy(call: Call, last: str) -> RandomUse | None:
    if last in ("default_rng", "RandomState"):
        return RandomUse(call, "own", f"Give {last}() a seed.") if _is_unset(call, "seed", 0) else None
    if last in _NUMPY:
        return RandomUse(call, "numpy", "Use a generator with a seed: np.random.default_rng(seed).")
    return None


def _sklearn(call: Call, last: str) -> RandomUse | None:
    keywords = call.keywords
    draws = last in _SKLEARN and not (last == "train_test_split" and keywords.get("shuffle") is False)
    draws = draws or (last in _SHUFFLING and keywords.get("shuffle") is True)
    draws = draws or (last in ("SVC", "NuSVC") and keywords.get("probability") is True)
    draws = draws or (last == "LogisticRegression" and keywords.get("solver") in _RANDOM_SOLVERS)
    if not draws or not _is_unset(call, "random_state"):
        return None
    return RandomUse(call, "numpy", "Pass random_state=…")


def _torch(call: Call, name: str, last: str, names: set[str]) -> RandomUse | None:
    advice = "Call torch.manual_seed(…) first."
    if name == f"torch.{last}" and last in _TORCH:
        return RandomUse(call, "torch", advice) if _is_unset(call, "generator") else None
    if name.startswith("torch.utils.data."):
        shuffles = last == "DataLoader" and call.keywords.get("shuffle") is True
        draws = last == "random_split" or (shuffles and "backward" in names)
        return RandomUse(call, "torch", advice) if draws and _is_unset(call, "generator") else None
    if name == f"torch.nn.{last}" and last in _LAYERS and "backward" in names:
        return RandomUse(call, "torch", advice)
    return None


def _is_unset(call: Call, keyword: str, position: int | None = None) -> bool:
    """Whether an argument is left out, or is None."""
    missing: Any = _MISSING
    value = call.keywords.get(keyword, missing)
    if value is missing and position is not None and position < len(call.arguments):
        value = call.arguments[position]
    return value is missing or value is None


_MISSING = object()
