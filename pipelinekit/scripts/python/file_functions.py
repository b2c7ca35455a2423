"""The functions of libraries that read and write files, and which of their arguments is the path.

    module: function(0 name other)

says that `module.function` takes the path at position 0, or as `name=` or `other=`; `=` in place of the
position: by name alone.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from pipelinekit.scripts.access import Mode


class Way(NamedTuple):
    """How a function takes a path: by position (None: by name alone), or by one of some names."""

    mode: Mode
    position: int | None
    names: tuple[str, ...]


_READS = """
    pandas: read_csv(0 filepath_or_buffer) read_table(0 filepath_or_buffer) read_parquet(0 path)
        read_json(0 path_or_buf) read_excel(0 io) read_pickle(0 filepath_or_buffer) read_feather(0 path)
        read_hdf(0 path_or_buf) read_fwf(0 filepath_or_buffer) read_xml(0 path_or_buffer) read_orc(0 path)
        read_sas(0 filepath_or_buffer) read_spss(0 path) read_stata(0 filepath_or_buffer)
        ExcelFile(0 path_or_buffer) HDFStore(0 path)
    polars: read_csv(0 source) scan_csv(0 source) read_parquet(0 source) scan_parquet(0 source)
        read_json(0 source) read_ndjson(0 source) scan_ndjson(0 source) read_ipc(0 source) scan_ipc(0 source)
        read_excel(0 source) read_avro(0 source)
    dask.dataframe: read_csv(0 urlpath) read_parquet(0 path)
    modin.pandas: read_csv(0 filepath_or_buffer) read_parquet(0 path)
    cudf: read_csv(0 filepath_or_buffer) read_parquet(0 filepath_or_buffer)
    geopandas: read_file(0 filename) read_parquet(0 path) read_feather(0 path)
    geopandas.GeoDataFrame: from_file(0 filename)
    numpy: load(0 file) loadtxt(0 fname) genfromtxt(0 fname) fromfile(0 file) memmap(0 filename)
    pyarrow.parquet: read_table(0 source) ParquetFile(0 source) read_schema(0 where) read_metadata(0 where)
        ParquetDataset(0 path_or_paths)
    pyarrow.csv: read_csv(0 input_file)
    pyarrow.feather: read_table(0 source) read_feather(0 source)
    pyarrow.dataset: dataset(0 source)
    pyarrow: memory_map(0 path) OSFile(0 path)
    joblib: load(0 filename)
    torch: load(0 f)
    torch.jit: load(0 f)
    safetensors.torch: load_file(0 filename)
    safetensors: safe_open(0 filename)
    torchaudio: load(0 uri filepath)
    torchvision.io: read_image(0 path) read_video(0 filename)
    torchvision.datasets: ImageFolder(0 root) DatasetFolder(0 root)
    tensorflow.keras.models: load_model(0 filepath)
    tensorflow.keras.utils: image_dataset_from_directory(0 directory) load_img(0 path)
    tensorflow.keras.preprocessing: image_dataset_from_directory(0 directory)
    tensorflow.keras.preprocessing.image: load_img(0 path)
    keras.models: load_model(0 filepath)
    keras.saving: load_model(0 filepath)
    keras.utils: image_dataset_from_directory(0 directory) load_img(0 path)
    keras: load_model(0 filepath)
    tensorflow.saved_model: load(0 export_dir)
    tf_keras.models: load_model(0 filepath)
    lightgbm: Booster(= model_file)
    PIL.Image: open(0 fp)
    cv2: imread(0 filename) VideoCapture(0 filename)
    skimage.io: imread(0 fname)
    imageio: imread(0 uri) mimread(0 uri) get_reader(0 uri)
    imageio.v2: imread(0 uri)
    imageio.v3: imread(0 uri)
    matplotlib.pyplot: imread(0 fname)
    matplotlib.image: imread(0 fname)
    tifffile: imread(0 files) TiffFile(0 arg)
    rasterio: open(0 fp)
    nibabel: load(0 filename)
    nrrd: read(0 filename) read_data(= filename)
    SimpleITK: ReadImage(0 fileName)
    pydicom: dcmread(0 fp) read_file(0 fp)
    netCDF4: Dataset(0 filename)
    xarray: open_dataset(0 filename_or_obj) open_dataarray(0 filename_or_obj) load_dataset(0 filename_or_obj)
        open_mfdataset(0 paths) open_zarr(0 store)
    zarr: load(0 store)
    scipy.io: loadmat(0 file_name) mmread(0 source)
    scipy.io.wavfile: read(0 filename)
    scipy.sparse: load_npz(0 file)
    librosa: load(0 path) get_duration(= path filename)
    librosa.core: load(0 path)
    soundfile: read(0 file) info(0 file)
    anndata: read_h5ad(0 filename) read(0 filename)
    scanpy: read_h5ad(0 filename) read(0 filename) read_10x_mtx(0 path)
    spacy: load(0 name)
    datasets: load_from_disk(0 dataset_path)
    gensim.models.Word2Vec: load(0 fname)
    gensim.models.KeyedVectors: load(0 fname) load_word2vec_format(0 fname)
    gensim.models.Doc2Vec: load(0 fname)
    gensim.models.LdaModel: load(0 fname)
    gensim.corpora.Dictionary: load(0 fname)
    fasttext: load_model(0 path) train_supervised(0 input) train_unsupervised(0 input)
    onnx: load(0 f)
    onnxruntime: InferenceSession(0 path_or_bytes)
    duckdb: read_csv(0) read_parquet(0) read_json(0)
    networkx: read_gml(0 path) read_graphml(0 path) read_edgelist(0 path) read_gpickle(0 path)
    shutil: copy(0 src) copy2(0 src) copyfile(0 src) copytree(0 src) unpack_archive(0 filename)
        make_archive(= root_dir)
    linecache: getlines(0 filename)
    runpy: run_path(0 path_name)
    srsly: read_json(0 path) read_jsonl(0 path) read_yaml(0 path) read_msgpack(0 path)
    pyreadr: read_r(0 path)
    pyreadstat: read_sav(0 filename_path) read_dta(0 filename_path)
    statsmodels.iolib.smpickle: load_pickle(0 fname)
    yolov5: load(0 model_path)
    os: listdir(0 path) scandir(0 path) walk(0 top)
"""
_WRITES = """
    numpy: save(0 file) savetxt(0 fname) savez(0 file) savez_compressed(0 file)
    pyarrow.parquet: write_table(1 where) ParquetWriter(0 where) write_to_dataset(1 root_path)
    pyarrow.csv: write_csv(1 output_file)
    pyarrow.feather: write_feather(1 dest)
    pyarrow.dataset: write_dataset(1 base_dir)
    joblib: dump(1 filename)
    torch: save(1 f)
    torch.jit: save(1 f)
    torch.onnx: export(2 f)
    safetensors.torch: save_file(1 filename) save_model(1 filename)
    torchaudio: save(0 uri filepath)
    torchvision.utils: save_image(1 fp)
    torchvision.io: write_png(1 filename) write_jpeg(1 filename)
    tensorflow.keras.models: save_model(1 filepath)
    keras.models: save_model(1 filepath)
    keras.saving: save_model(1 filepath)
    tensorflow.saved_model: save(1 export_dir)
    tensorflow.keras.utils: plot_model(1 to_file) save_img(0 path)
    cv2: imwrite(0 filename) VideoWriter(0 filename)
    skimage.io: imsave(0 fname)
    imageio: imwrite(0 uri) imsave(0 uri) mimsave(0 uri) mimwrite(0 uri) get_writer(0 uri)
    imageio.v2: imwrite(0 uri)
    imageio.v3: imwrite(0 uri)
    matplotlib.pyplot: savefig(0 fname) imsave(0 fname)
    matplotlib.image: imsave(0 fname)
    matplotlib.backends.backend_pdf: PdfPages(0 filename)
    plotly.io: write_html(1 file) write_image(1 file) write_json(1 file)
    plotly.offline: plot(= filename)
    bokeh.plotting: output_file(0 filename) save(1 filename)
    tifffile: imwrite(0 file) imsave(0 file)
    nibabel: save(1 filename)
    nrrd: write(0 file filename)
    SimpleITK: WriteImage(1 fileName)
    scipy.io: savemat(0 file_name) mmwrite(0 target)
    scipy.io.wavfile: write(0 filename)
    scipy.sparse: save_npz(0 file)
    soundfile: write(0 file)
    onnx: save(1 f)
    onnxmltools.utils: save_model(1 path)
    zarr: save(0 store)
    networkx: write_gml(1 path) write_graphml(1 path) write_edgelist(1 path) write_gpickle(1 path)
    shutil: copy(1 dst) copy2(1 dst) copyfile(1 dst) copytree(1 dst) move(1 dst) make_archive(0 base_name)
        unpack_archive(1 extract_dir)
    os: rename(1 dst) replace(1 dst) symlink(1 dst) link(1 dst)
    srsly: write_json(0 path) write_jsonl(0 path) write_yaml(0 path) write_msgpack(0 path)
    urllib.request: urlretrieve(1 filename)
    wget: download(1 out)
    gdown: download(1 output)
    pandas: ExcelWriter(0 path)
    tensorflow.io: write_file(0 filename)
    dvclive: Live(0 dir)
    mlflow.sklearn: save_model(1 path)
    sklearn.datasets: dump_svmlight_file(2 f)
    omegaconf.OmegaConf: save(1 f)
"""
#: Methods that say by their name what they do, whatever they are called on.
_WRITING_METHODS = """
    to_csv(0 path_or_buf) to_parquet(0 path) to_pickle(0 path) to_excel(0 excel_writer) to_feather(0 path)
        to_hdf(0 path_or_buf) to_json(0 path_or_buf) to_stata(0 path) to_orc(0 path) to_netcdf(0 path)
        to_zarr(0 store) to_file(0 filename) write_csv(0 file) write_parquet(0 file) write_json(0 file)
        write_ndjson(0 file) write_ipc(0 file) write_avro(0 file) sink_parquet(0 path) sink_csv(0 path)
        write_excel(0 workbook) savefig(0 fname) write_html(0 file) write_image(0 file)
        save_model(0 fname filename path) to_disk(0 path) save_pretrained(0 save_directory)
        save_to_disk(0 dataset_path) save_weights(0 filepath) write_h5ad(0 filename)
        save_word2vec_format(0 fname) save_checkpoint(0 filepath) export_graphviz(= out_file)
"""
_READING_METHODS = """
    from_disk(0 path) load_weights(0 filepath) load_model(0 fname filename path)
"""

_ENTRY = re.compile(r"([\w.]+):|(\w+)\(([^)]*)\)")


def _table(mode: Mode, text: str) -> dict[str, list[Way]]:
    found: dict[str, list[Way]] = {}
    module = ""
    for match in _ENTRY.finditer(text):
        if match[1]:
            module = f"{match[1]}."
            continue
        position, *names = match[3].split()
        way = Way(mode, int(position) if position.isdigit() else None, tuple(names))
        found.setdefault(module + match[2], []).append(way)
    return found


def _joined(*tables: dict[str, list[Way]]) -> dict[str, list[Way]]:
    found: dict[str, list[Way]] = {}
    for table in tables:
        for name, ways in table.items():
            found.setdefault(name, []).extend(ways)
    return found


#: By the full name of a function.
FUNCTIONS = _joined(_table("read", _READS), _table("write", _WRITES))
#: By the name of a method alone.
METHODS = _joined(_table("write", _WRITING_METHODS), _table("read", _READING_METHODS))
#: Methods whose name says little: only a path with a suffix is believed.
VAGUE: dict[str, Mode] = {"save": "write", "load": "read"}
#: Functions that open a file, with the mode they have by default and the position of one that is passed.
OPENING = {
    "h5py.File": ("r", 1),
    "zipfile.ZipFile": ("r", 1),
    "tarfile.open": ("r", 1),
    "tarfile.TarFile": ("r", 1),
    "rasterio.open": ("r", 1),
    "fiona.open": ("r", 1),
    "jsonlines.open": ("r", 1),
    "soundfile.SoundFile": ("r", 1),
    "netCDF4.Dataset": ("r", 1),
    "uproot.open": ("r", None),
    "fsspec.open": ("rb", 1),
    "shelve.open": ("c", 1),
    "wave.open": ("r", 1),
}
