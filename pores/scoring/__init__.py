"""What a score of detections and tracks is made of; `pores.score.score` puts it together."""
