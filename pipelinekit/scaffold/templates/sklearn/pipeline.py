"""The pipeline. After a change here, run `pipelinekit compile`: it writes dvc.yaml."""

from pipelinekit import Artifact, Metric, Pipeline, Plot, Stage

fetch = Stage(
    name="fetch",
    desc="Measurements of breast tumours, as scikit-learn ships them",
    cmd="python src/fetch.py --output data/raw/tumours.csv",
    deps=["src/fetch.py"],
    outs=["data/raw/tumours.csv"],
)

preprocess = Stage(
    name="preprocess",
    desc="Split into data to train on and data to test on",
    cmd="python src/preprocess.py --input data/raw/tumours.csv --output data/processed"
    " --test-size ${preprocess.test_size} --seed ${preprocess.seed}",
    deps=["src/preprocess.py", *fetch.outs],
    params=["preprocess.test_size", "preprocess.seed"],
    outs=["data/processed/train.csv", "data/processed/test.csv"],
)

train = Stage(
    name="train",
    desc="Gradient-boosted trees",
    cmd="python src/train.py --train data/processed/train.csv --model models/model.joblib"
    " --learning-rate ${train.learning_rate} --max-depth ${train.max_depth}"
    " --trees ${train.trees} --seed ${train.seed}",
    deps=["src/train.py", "data/processed/train.csv"],
    params=["train.learning_rate", "train.max_depth", "train.trees", "train.seed"],
    outs=["models/model.joblib"],
)

evaluate = Stage(
    name="evaluate",
    desc="How well it tells benign from malignant",
    cmd="python src/evaluate.py --model models/model.joblib --test data/processed/test.csv"
    " --metrics metrics.json --roc plots/roc.csv",
    deps=["src/evaluate.py", "data/processed/test.csv", *train.outs],
    metrics=[Metric("metrics.json", cache=False)],
    plots=[Plot("plots/roc.csv", cache=False, x="false_positive_rate", y="true_positive_rate")],
)

pipeline = Pipeline(
    stages=[fetch, preprocess, train, evaluate],
    artifacts=[Artifact(name="tumours", path="models/model.joblib", type="model", desc="Benign or malignant?")],
)
