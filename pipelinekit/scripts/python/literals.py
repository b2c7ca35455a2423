"""Hyperparameters that are typed into a script: numbers given to estimators, optimisers and trainers."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Iterator
from typing import NamedTuple

from pipelinekit.scripts.python.observed import Call
from pipelinekit.scripts.python.randomness import is_open, is_training, last_name, public_name
from pipelinekit.scripts.python.source import Source


class TypedValue(NamedTuple):
    """A hyperparameter and the number it is given, as written: `n_estimators`, `100`."""

    name: str
    text: str


class TypedCall(NamedTuple):
    """A call that is given hyperparameters as numbers."""

    call: Call
    values: tuple[TypedValue, ...]


#: What people tune. The names of loggers, devices, seeds and workers are none of it.
HYPERPARAMETERS = frozenset(
    """
    alpha batch_size C coef0 colsample_bylevel colsample_bynode colsample_bytree contamination damping decay degree
    depth dropout early_stopping_rounds embedding_dim epochs eta eta0 feature_fraction bagging_fraction
    gamma gradient_accumulation_steps hidden_dim hidden_layer_sizes hidden_size iterations l1_ratio l2_leaf_reg
    lambda_l1 lambda_l2 leaf_size learning_rate learning_rate_init lr max_depth max_df max_features max_iter
    max_leaf_nodes max_samples max_seq_length min_child_samples min_child_weight min_data_in_leaf min_df
    min_impurity_decrease min_samples min_samples_leaf min_samples_split min_split_gain min_weight_fraction_leaf
    momentum n_clusters n_components n_epochs n_estimators n_iter n_iter_no_change n_neighbors n_splits ngram_range
    nu num_boost_round num_epochs num_leaves num_train_epochs patience perplexity
    per_device_train_batch_size per_gpu_train_batch_size reg_alpha reg_lambda scale_pos_weight step_size subsample
    test_size tol train_size validation_fraction validation_split var_smoothing warmup_ratio warmup_steps
    weight_decay
    """.split()  # noqa: SIM905
)
#: Names that mean little outside of the library that gives them their meaning.
_LIBRARIES = (
    "sklearn.",
    "xgboost.",
    "lightgbm.",
    "catboost.",
    "imblearn.",
    "torch.optim.",
    "keras.optimizers.",
    "keras.callbacks.",
    "tensorflow.keras.optimizers.",
    "tensorflow.keras.callbacks.",
    "tf_keras.optimizers.",
    "tf_keras.callbacks.",
    "gensim.models.",
    "transformers.",
    "umap.",
    "hdbscan.",
    "pytorch_lightning.Trainer",
    "lightning.Trainer",
    "lightning.pytorch.Trainer",
)
_CONCERNED = (*_LIBRARIES, "keras.", "tensorflow.", "torch.utils.data.DataLoader")
#: What only measures, draws or reads: its numbers are no hyperparameters of a model.
_NO_MODELS = (
    "sklearn.metrics.",
    "sklearn.inspection.",
    "sklearn.datasets.",
    "sklearn.utils.",
    "transformers.pipeline",
)
_TRAINERS = ("epochs", "batch_size", "validation_split", "steps_per_epoch", "initial_epoch")


def typed_hyperparameters(calls: Iterable[Call]) -> Iterator[TypedCall]:
    """The calls that are given hyperparameters as numbers, or as constants of the script that are numbers."""
    calls = list(calls)
    trains = is_training(calls)
    for call in calls:
        if not call.name.startswith(_CONCERNED) and not call.name.endswith(".fit"):
            continue
        values = tuple(_values(call, trains=trains))
        if values:
            yield TypedCall(call, values)


def _values(call: Call, *, trains: bool) -> Iterator[TypedValue]:
    accepted = _accepted(call, trains=trains)
    if not accepted:
        return
    for position, argument in enumerate(call.node.args):
        name = _positional(call.name, position)
        if name in accepted and (text := typed_number(argument, call.source)) is not None:
            yield TypedValue(name, text)
    for keyword in call.node.keywords:
        name = keyword.arg or ""
        if name in accepted and (text := typed_number(keyword.value, call.source)) is not None:
            yield TypedValue(name, text)


def _accepted(call: Call, *, trains: bool) -> Collection[str]:
    """The names of the hyperparameters that a call takes; `trains`: whether a network is trained at all."""
    name = public_name(call)
    if name.startswith(_LIBRARIES) and not name.startswith(_NO_MODELS):
        # `RandomForestClassifier().fit` and such are calls on what the library made
        return _TRAINERS if last_name(call) == "fit" else HYPERPARAMETERS if "()" not in name else ()
    if name == "torch.utils.data.DataLoader" and trains and call.keywords.get("shuffle") is True:
        return ("batch_size",)
    if last_name(call) == "fit" and any(keyword.arg == "epochs" for keyword in call.node.keywords):
        return _TRAINERS
    return ()


_FIRST = {"KNeighborsClassifier": "n_neighbors", "KNeighborsRegressor": "n_neighbors"}


def _positional(name: str, position: int) -> str:
    """The hyperparameter that is given by its position, where that is what people do."""
    if ".optimizers." in name and position == 0:
        return "learning_rate"
    if name.startswith("torch.optim.") and ".lr_scheduler" not in name and position == 1:
        return "lr"
    return _FIRST.get(name.rpartition(".")[2], "") if position == 0 else ""


def typed_number(node: ast.expr, source: Source) -> str | None:
    """The text of a number (or of several in brackets) that is typed in, or is a constant of the same file."""
    if _is_number(node):
        return ast.unparse(node)
    if isinstance(node, ast.Name) and node.id.isupper():
        value = constant(node.id, source)
        return ast.unparse(value) if value is not None and _is_number(value) else None
    return None


def typed_text(node: ast.expr, source: Source) -> str | None:
    """A text that is typed in, or that a name of the same file always stands for."""
    value = constant(node.id, source) if isinstance(node, ast.Name) else node
    return value.value if isinstance(value, ast.Constant) and isinstance(value.value, str) else None


def _is_number(node: ast.expr) -> bool:
    if isinstance(node, ast.Constant):
        return type(node.value) in (int, float)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.USub, ast.UAdd)):
        return _is_number(node.operand)
    return isinstance(node, (ast.Tuple, ast.List)) and bool(node.elts) and all(map(_is_number, node.elts))


def constant(name: str, source: Source) -> ast.expr | None:
    """What a name is assigned; None if that happens more than once in the file, or in another way."""
    found: list[ast.expr | None] = []
    for node in ast.walk(source.tree) if source.tree is not None else ():
        if (isinstance(node, ast.Assign) and any(_names(target) == name for target in node.targets)) or (
            isinstance(node, (ast.AnnAssign, ast.NamedExpr)) and _names(node.target) == name
        ):
            found.append(node.value)
        elif (isinstance(node, ast.arg) and node.arg == name) or (
            isinstance(node, (ast.AugAssign, ast.For)) and _names(node.target) == name
        ):
            found.append(None)
    return found[0] if len(found) == 1 else None


def _names(target: ast.expr) -> str | None:
    return target.id if isinstance(target, ast.Name) else None


# --- defaults of options -------------------------------------------------------------------------------------


def untouched_defaults(calls: Iterable[Call], given: tuple[str | None, ...]) -> Iterator[TypedCall]:
    """Options of the script whose default is a hyperparameter, and that the command does not set."""
    if None in given:
        return  # who knows what the shell puts there
    for call in calls:
        last = last_name(call)
        if last not in ("add_argument", "option") or is_open(call):
            continue
        names = [
            node.value for node in call.node.args if isinstance(node, ast.Constant) and isinstance(node.value, str)
        ]
        options = [name for name in names if name.startswith("-")]
        default = next((keyword.value for keyword in call.node.keywords if keyword.arg == "default"), None)
        if not options or default is None or any(_sets(word or "", options) for word in given):
            continue
        name = max(options, key=len).lstrip("-").replace("-", "_")
        text = typed_number(default, call.source)
        if text is not None and (name in HYPERPARAMETERS or name.lower() in HYPERPARAMETERS):
            yield TypedCall(call, (TypedValue(name, text),))


def _sets(word: str, options: list[str]) -> bool:
    """Whether a word of the command is one of the options, or the beginning of one: argparse takes these, too."""
    name = word.partition("=")[0]
    return len(name) > 1 and name.startswith("-") and any(option.startswith(name) for option in options)
