"""Values: a path is worked out wherever it comes from, and nothing is guessed."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from tests.scripts.python.scripts import uses

#: code that leads to `path`, and what reading it is seen as
KNOWN = {
    "path = 'a.csv'": "a.csv",
    "path = 'a' + '.csv'": "a.csv",
    "path = 'data/' 'a.csv'": "data/a.csv",
    "name = 'a'; path = f'data/{name}.csv'": "data/a.csv",
    "path = f'{1:03d}_{2.5:.2f}_{True}.csv'": "001_2.50_True.csv",
    "path = 'data/%s_%d.csv' % ('a', 3)": "data/a_3.csv",
    "path = 'data/{}.csv'.format('a')": "data/a.csv",
    "path = 'data/{name}.csv'.format(name='a')": "data/a.csv",
    "path = '/'.join(['data', 'a.csv'])": "data/a.csv",
    "import os; path = os.path.join('data', 'raw', 'a.csv')": "data/raw/a.csv",
    "from os.path import join as j; path = j('data', 'a.csv')": "data/a.csv",
    "import os; path = 'data' + os.sep + 'a.csv'": "data/a.csv",
    "import os; path = os.path.join(os.getcwd(), 'a.csv')": "a.csv",
    "import os; path = os.path.abspath('data/../a.csv')": "a.csv",
    "import os; path = os.path.join(os.path.dirname(__file__), 'a.csv')": "a.csv",
    "import os; path = os.path.splitext('a.txt')[0] + '.csv'": "a.csv",
    "import os; path = os.path.basename('x/a.csv')": "a.csv",
    "from pathlib import Path; path = Path('data') / 'a.csv'": "data/a.csv",
    "from pathlib import Path; path = Path('data', 'raw') / 'x' / 'a.csv'": "data/raw/x/a.csv",
    "from pathlib import Path; path = 'data' / Path('a.csv')": "data/a.csv",
    "from pathlib import Path; path = Path(__file__).parent / 'a.csv'": "a.csv",
    "from pathlib import Path; path = Path(__file__).resolve().parents[0] / 'a.csv'": "a.csv",
    "from pathlib import Path; path = Path.cwd() / 'a.csv'": "a.csv",
    "from pathlib import Path; path = Path('a.txt').with_suffix('.csv')": "a.csv",
    "from pathlib import Path; path = Path('data/b.csv').with_name('a.csv')": "data/a.csv",
    "from pathlib import Path; path = Path('data').joinpath('x', 'a.csv')": "data/x/a.csv",
    "from pathlib import Path; path = Path('x/a.csv').name": "a.csv",
    "from pathlib import Path; path = str(Path('data') / 'a.csv')": "data/a.csv",
    "from pathlib import Path; path = f'{Path(\"data\")}/a.csv'": "data/a.csv",
    "import pathlib; path = pathlib.Path('data/a.csv').as_posix()": "data/a.csv",
    "paths = {'train': 'a.csv', 'test': 'b.csv'}; path = paths['train']": "a.csv",
    "paths = {'train': 'a.csv'}; path = paths.get('train', 'b.csv')": "a.csv",
    "paths = {'train': 'a.csv'}; path = paths.get('test', 'b.csv')": "b.csv",
    "paths = dict(train='a.csv'); path = paths['train']": "a.csv",
    "paths = ['a.csv', 'b.csv']; path = paths[-1]": "b.csv",
    "a, b = 'a.csv', 'b.csv'; path = b": "b.csv",
    "path = 'a.csv' if True else 'b.csv'": "a.csv",
    "path = None or 'a.csv'": "a.csv",
    "path = 'b.csv'; path = 'a.csv'": "a.csv",
    "path = 'a'; path += '.csv'": "a.csv",
    "path = (lambda name: name + '.csv')('a')": "a.csv",
    "if (path := 'a.csv'): pass": "a.csv",
    "path = 'A.CSV'.lower()": "a.csv",
    "path = r'data\\a.csv'": "data/a.csv",
    "class Paths:\n    raw = 'a.csv'\npath = Paths.raw": "a.csv",
    "class Paths:\n    raw = 'a.csv'\npath = Paths().raw": "a.csv",
    "class Base:\n    raw = 'a.csv'\nclass Paths(Base):\n    pass\npath = Paths().raw": "a.csv",
    "class Paths:\n    def __init__(self, name): self.raw = name + '.csv'\npath = Paths('a').raw": "a.csv",
    "class Paths:\n    @property\n    def raw(self): return 'a.csv'\npath = Paths().raw": "a.csv",
    "class Paths:\n    @staticmethod\n    def raw(name): return name\npath = Paths.raw('a.csv')": "a.csv",
    "class Paths:\n    @classmethod\n    def raw(cls): return 'a.csv'\npath = Paths.raw()": "a.csv",
    """
class B:
    def f(self): return 'a'
class A(B):
    def f(self): return super().f() + '.csv'
path = A().f()""": "a.csv",
    "from dataclasses import dataclass\n@dataclass\nclass C:\n    raw: str = 'a.csv'\npath = C().raw": "a.csv",
    "from dataclasses import dataclass\n@dataclass\nclass C:\n    raw: str\npath = C(raw='a.csv').raw": "a.csv",
    """
from dataclasses import dataclass, field
@dataclass
class C:
    raw: str = field(default='a.csv')
path = C().raw""": "a.csv",
    "from enum import Enum\nclass E(Enum):\n    RAW = 'a.csv'\npath = E.RAW.value": "a.csv",
    "from types import SimpleNamespace as N; path = N(raw='a.csv').raw": "a.csv",
    "def name(x='a'):\n    return x + '.csv'\npath = name()": "a.csv",
    "def name(*parts, end):\n    return parts[1] + end\npath = name('x', 'a', end='.csv')": "a.csv",
    "def outer(x):\n    def inner():\n        return x + '.csv'\n    return inner()\npath = outer('a')": "a.csv",
    "from functools import partial\ndef f(a, b): return a + b\npath = partial(f, b='.csv')('a')": "a.csv",
    "def f():\n    global path\n    path = 'a.csv'\nf()": "a.csv",
    "try:\n    path = 'a.csv'\nexcept ValueError:\n    path = 'b.csv'": "a.csv",
    "import os; os.environ['D'] = 'data'; path = os.environ['D'] + '/a.csv'": "data/a.csv",
    "import sys; path = sys.argv[1]": "argument.csv",
    "import os; os.chdir('data'); path = 'a.csv'": "data/a.csv",
    "match 1:\n    case 1: path = 'a.csv'\n    case _: path = 'b.csv'": "a.csv",
}

UNKNOWN = [
    "path = input()",
    "import os; path = os.environ['DATA']",
    "import os; path = os.getenv('DATA', 'a.csv')",
    "import random; path = random.choice(['a.csv', 'b.csv'])",
    "path = 'a.csv' if random() else 'b.csv'",
    "import datetime; path = f'{datetime.date.today()}.csv'",
    "for path in find(): pass",
    "path = 'a.csv'\nif x():\n    path = 'b.csv'",
    "path = 'a.csv'\nwhile x():\n    path = 'b.csv'",
    "path = ['a.csv', 'b.csv'][x()]",
    "path = paths['a.csv']",
    "def f(x):\n    if x: return 'a.csv'\n    return 'b.csv'\npath = f(y())",
    "def f(x): return f(x + '.csv')\npath = f('a')",
    "from pathlib import Path; path = Path.home() / 'a.csv'",
    "from pathlib import Path; path = Path('~/a.csv').expanduser()",
    "path = '~/a.csv'",
    "path = 'C:/data/a.csv'",
    "path = 'C:\\\\data\\\\a.csv'",
    "import sys; path = sys.argv[2]",
    "import os; os.chdir(x()); path = 'a.csv'",
    "class A:\n    def __init__(self, x): self.path = x\npath = A(x()).path",
    "path = eval('a.csv')",
    "path = 'x' * 10 ** 9",
    "path = '%(a)s' % {}",
    "path = '{0.a}'.format(1)",
    "path = 'a.csv'[9]",
    "path = 1 / 0",
]


@pytest.mark.parametrize("code", KNOWN)
def test_path_is_worked_out(code: str, tmp_path: Path) -> None:
    assert uses(tmp_path, f"{code}\nopen(path)\n", "python script.py argument.csv") == [f"read {KNOWN[code]}"]


@pytest.mark.parametrize("code", UNKNOWN)
def test_path_is_not_guessed(code: str, tmp_path: Path) -> None:
    assert uses(tmp_path, f"{code}\nopen(path)\n", "python script.py argument.csv") == ["read ?"]


def test_relative_paths_are_meant_from_the_folder_of_the_command(tmp_path: Path) -> None:
    code = "from pathlib import Path\nopen('a.csv')\nopen(Path(__file__).parent / 'b.csv')\n"
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "x.py").write_text(code, encoding="utf-8")
    assert uses(tmp_path, "", "cd data && python ../src/x.py") == ["read data/a.csv", "read src/b.csv"]


def test_values_come_from_other_modules(tmp_path: Path) -> None:
    code = """
        from config import DATA, Settings, settings
        import config as c
        open(DATA / "a.csv")
        open(Settings.raw)
        open(settings["b"])
        open(c.name("c"))
    """
    config = """
        from pathlib import Path
        DATA = Path("data")
        class Settings:
            raw = DATA / "raw.csv"
        settings = {"b": "b.csv"}
        def name(x):
            return DATA / f"{x}.csv"
    """
    expected = ["read data/a.csv", "read data/raw.csv", "read b.csv", "read data/c.csv"]
    assert uses(tmp_path, code, files={"config.py": config}) == expected


def test_what_a_script_changes_in_a_module_no_other_script_sees(tmp_path: Path) -> None:
    from pipelinekit.scripts.python.runs import all_runs
    from tests.scripts.python.scripts import graph_of

    files = {
        "config.py": "paths = {'out': 'default.csv'}\n\ndef path():\n    return paths['out']\n",
        "a.py": "import config\nconfig.paths['out'] = 'a.csv'\nopen(config.path())\n",
        "b.py": "import config\nopen(config.path())\n",
    }
    graph = graph_of(tmp_path, "python a.py && python b.py", files)
    (runs,) = graph.derived(all_runs).values()
    assert [use.path for run in runs for use in run.files] == ["a.csv", "default.csv"]


def test_values_come_from_params_files(tmp_path: Path) -> None:
    code = """
        import json
        import yaml
        from pathlib import Path
        from omegaconf import OmegaConf
        import dvc.api
        with open("params.yaml") as file:
            params = yaml.safe_load(file)
        open(params["data"]["raw"])
        open(params.get("data").get("clean"))
        open(yaml.safe_load(Path("params.yaml").read_text())["top"])
        open(OmegaConf.load("params.yaml").data.raw)
        open(dvc.api.params_show()["top"])
        open(json.load(open("c.json"))["x"])
        for name in params["names"]:
            open(f"{name}.csv")
        open(params["gone"])
    """
    params = "data: {raw: raw.csv, clean: clean.csv}\ntop: top.csv\nnames: [a, b]\n"
    found = uses(tmp_path, code, files={"params.yaml": params, "c.json": '{"x": "x.csv"}'})
    expected = ["params.yaml", "raw.csv", "clean.csv", "top.csv", "c.json", "x.csv", "a.csv", "b.csv", "?"]
    assert found == [f"read {path}" for path in expected]


@pytest.mark.parametrize(
    "code",
    [
        "def f(): return f()\nf()",
        "def f(x): return g(x)\ndef g(x): return f(x)\nf(1)",
        "class A(A): pass\nA().x",
        "class A:\n    def __getattr__(self, n): return getattr(self, n)\nA().x.y",
        "x = []\nx.append(x)\nprint(x, x == x)\nf'{x}'",
        "x = {}\nx['x'] = x\nprint(x)\nopen(x)",
        "import script\nscript.x",
        "for a in range(10**9):\n    for b in range(10**9):\n        open(a)",
        "[[[open(c) for c in range(50)] for b in range(50)] for a in range(50)]",
        "x = 'a'\nfor i in range(20):\n    x = x + x",
        "x = [1]\nfor i in range(20):\n    x = x + x",
        "x = [1]\nfor i in range(20):\n    x.extend(x)",
        "f = lambda f: f(f)\nf(f)",
        "def f(n):\n    f(n + 1)\n    f(n + 2)\n    f(n + 3)\nf(0)",
        "import os\nos.path.join(*[*[]])\nopen(*x, **y)\nopen()",
        "return 1\nbreak",
        "import sys\nsys.exit()\nopen('never')",
        "__import__('x' + y)\nimport importlib\nimportlib.import_module(f'{x}')",
        "x: int\ndel y\nnonlocal z",
        "@property\ndef f(): pass\n@f\n@1\ndef g(): pass\ng()",
        "'a'.format(*[1])\n'%s' % (1, 2)\n''.join([1])\n'a'.zfill(10**9)",
        "async def f():\n    async with a as b:\n        await c\n    async for d in e: pass\n    yield 1\nf()",
        "print(*(a for a in b), sep='')\n{**a, 'b': 1}\n{1, 2}\na[1:2, ...]",
        "try:\n    x\nexcept* E:\n    y\nfinally:\n    z" if __import__("sys").version_info >= (3, 11) else "x",
    ],
)
def test_odd_code_is_followed_to_an_end(code: str, tmp_path: Path) -> None:
    assert isinstance(uses(tmp_path, code), list)


@pytest.mark.parametrize(
    "manager",
    [
        """
            import contextlib
            @contextlib.contextmanager
            def inside(folder):
                before = os.getcwd()
                os.chdir(folder)
                try:
                    yield
                finally:
                    os.chdir(before)
        """,
        """
            class inside:
                def __init__(self, folder):
                    self.folder = folder
                def __enter__(self):
                    self.before = os.getcwd()
                    os.chdir(self.folder)
                def __exit__(self, *args):
                    os.chdir(self.before)
        """,
        """
            from contextlib import chdir as inside
        """,
    ],
)
def test_a_folder_that_is_entered_for_a_while(manager: str, tmp_path: Path) -> None:
    code = (
        "import os\n"
        + dedent(manager)
        + dedent(
            """
            def load(name):
                open(name)
            load("a")
            with inside("data"):
                load("a")
            with inside("data"):
                load("b")
            load("b")
            """
        )
    )
    assert uses(tmp_path, code) == ["read a", "read data/a", "read data/b", "read b"]


def test_a_method_of_a_parent_sees_the_object_as_it_is(tmp_path: Path) -> None:
    code = """
        class Model:
            def __init__(self, folder):
                self.folder = folder
            def name(self):
                return self.__class__.__name__
            def suffix(self):
                return ".bin"
            def save(self):
                open(f"{self.folder}/{self.name()}{self.suffix()}", "w")
        class Middle(Model):
            def __init__(self, folder):
                super().__init__(folder + "/middle")
        class Tree(Middle):
            def __init__(self):
                super(Tree, self).__init__("models")
            def suffix(self):
                return super().suffix() + ".gz"
            def save(self):
                super().save()
        Tree().save()
    """
    assert uses(tmp_path, code) == ["write models/middle/Tree.bin.gz"]


def test_a_context_manager_hands_out_what_it_yields(tmp_path: Path) -> None:
    code = """
        from contextlib import contextmanager
        @contextmanager
        def opened(name):
            yield f"{name}.csv"
        with opened("a") as path:
            open(path)
    """
    assert uses(tmp_path, code) == ["read a.csv"]
