"""The pipeline. After a change here, run `pipelinekit compile`: it writes dvc.yaml."""

from pipelinekit import Artifact, Metric, Pipeline, Plot, Stage

fetch = Stage(
    name="fetch",
    desc="The network of characters in Les Misérables, as networkx ships it",
    cmd="python src/fetch.py --output data/raw/edges.csv",
    deps=["src/fetch.py"],
    outs=["data/raw/edges.csv"],
)

preprocess = Stage(
    name="preprocess",
    desc="Hide some of the links, and describe pairs of characters by their neighbours",
    cmd="python src/preprocess.py --edges data/raw/edges.csv --output data/pairs"
    " --test-fraction ${preprocess.test_fraction} --seed ${preprocess.seed}",
    deps=["src/preprocess.py", *fetch.outs],
    params=["preprocess.test_fraction", "preprocess.seed"],
    outs=["data/pairs/train.csv", "data/pairs/test.csv"],
)

train = Stage(
    name="train",
    desc="A logistic regression that tells linked pairs from others",
    cmd="python src/train.py --pairs data/pairs/train.csv --model models/model.json --log plots/loss.csv"
    " --learning-rate ${train.learning_rate} --epochs ${train.epochs} --l2 ${train.l2}",
    deps=["src/train.py", "src/logistic.py", "data/pairs/train.csv"],
    params=["train.learning_rate", "train.epochs", "train.l2"],
    outs=["models/model.json"],
    plots=[Plot("plots/loss.csv", cache=False, x="epoch", y="loss")],
)

evaluate = Stage(
    name="evaluate",
    desc="How well it finds the links that were hidden",
    cmd="python src/evaluate.py --model models/model.json --pairs data/pairs/test.csv"
    " --metrics metrics.json --roc plots/roc.csv",
    deps=["src/evaluate.py", "src/logistic.py", "data/pairs/test.csv", *train.outs],
    metrics=[Metric("metrics.json", cache=False)],
    plots=[Plot("plots/roc.csv", cache=False, x="false_positive_rate", y="true_positive_rate")],
)

pipeline = Pipeline(
    stages=[fetch, preprocess, train, evaluate],
    artifacts=[Artifact(name="links", path="models/model.json", type="model", desc="Which characters meet?")],
)
