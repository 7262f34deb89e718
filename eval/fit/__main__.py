from eval.fit.calibration import main

main()
