"""The chains that ship have no findings, have diagrams, and open in other tools."""

import json
import shutil
from pathlib import Path

import pytest
import SpiffWorkflow.bpmn.parser
from lxml import etree

from engine.model import chain
from engine.model.chain.reader import read_bpmn

SHIPPED = chain.INSTALLED
WALKED = Path(__file__).parents[3] / "models"
FILES = sorted([*SHIPPED.rglob("*.bpmn"), *WALKED.glob("*.bpmn")])
DI = "{http://www.omg.org/spec/BPMN/20100524/DI}"


@pytest.fixture(scope="module")
def schema():
    """The BPMN 2.0 XSD of the OMG, from the SpiffWorkflow package."""
    folder = Path(SpiffWorkflow.bpmn.parser.__file__).parent / "schema"
    return etree.XMLSchema(etree.parse(folder / "BPMN20.xsd"))


def test_the_shipped_chains_have_no_findings():
    assert [finding.as_dict() for finding in chain.check([SHIPPED])] == []


def test_the_shipped_catalogue_gives_the_same_versions_from_a_single_file(tmp_path):
    """A version published before the catalogue was split keeps its digest when it is published again."""
    parts = [json.loads(file.read_text("utf-8")) for file in sorted(SHIPPED.glob("catalogue/*.json"))]
    whole = {name: [one for part in parts for one in part[name]] for name in ("items", "materials")}
    shutil.copytree(SHIPPED, tmp_path / "bpmn", ignore=shutil.ignore_patterns("catalogue"))
    (tmp_path / "bpmn" / "catalogue.json").write_text(json.dumps(whole), "utf-8")

    for folder in (path.parent.relative_to(SHIPPED) for path in SHIPPED.glob("*/*/chain.bpmn")):
        digests = {chain.read(place / folder).version.digest for place in (SHIPPED, tmp_path / "bpmn")}
        assert len(digests) == 1, folder


@pytest.mark.parametrize("name", ["loops_and_joins", "many_signers", "calls_and_events"])
def test_the_models_of_the_random_walks_can_be_run(name):
    assert chain.read(WALKED / f"{name}.bpmn").version is not None


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_model_is_valid_and_every_element_and_flow_of_it_is_drawn(file, schema):
    document = etree.parse(file)

    schema.assertValid(document)
    processes, findings = read_bpmn(file.read_bytes(), str(file))
    drawn = {node.get("bpmnElement") for node in document.iter(f"{DI}BPMNShape", f"{DI}BPMNEdge")}
    assert findings == []
    assert {id for process in processes.values() for id in (*process.elements, *process.flows)} <= drawn
