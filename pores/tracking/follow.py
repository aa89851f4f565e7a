"""The tracker of porelake: links between frames next to one another, then over gaps, and contacts resolved.

Each layer of links looks at two frames and what the layers before made of the features in them, at most a few
frames away; shorter gaps come first. Nothing depends on the order in which pairs of frames are gone through,
nor on the direction of time, and a new frame at the end changes nothing older than the gap window.
"""

from pores.features import Features
from pores.parameters import TrackParameters
from pores.series import Watch
from pores.sightings import Sightings
from pores.tracking.compare import Comparer
from pores.tracking.contact import without_contacts
from pores.tracking.gaps import over_gaps
from pores.tracking.link import Links
from pores.tracking.nodes import Nodes
from pores.tracking.prospects import Prospects
from pores.tracking.signs import polarities
from pores.tracking.steps import step_links, step_overlaps
from pores.tracking.through_faint import hosts, through_faint


def linked(features: Features, watch: Watch, sightings: Sightings, parameters: TrackParameters) -> Links:
    """The links of a HARP."""
    nodes = Nodes.of(features, watch, sightings)
    compare = Comparer(nodes, watch, parameters)
    flow = Prospects.by_flow(nodes.all, watch, nodes.places, sightings.velocities)
    pairs, prospects = step_overlaps(compare, flow)
    polarity = polarities(nodes.all, pairs, parameters)
    found = step_links(compare, pairs, prospects, polarity)
    links = through_faint(found, nodes, watch, parameters)
    links = over_gaps(links, compare, flow.or_else(*compare.motions(found, 2)), polarity)
    links = without_contacts(links, compare, polarity)
    return Links(nodes.pore[links.source], nodes.pore[links.target], links.own, hosts(found, nodes))
